//! The names that operators have in a tree of the crate `cel`.

use cel::common::ast::operators;

/// Those that decide by themselves which of their operands are evaluated.
pub(super) fn is_lazy(name: &str) -> bool {
    matches!(
        name,
        operators::CONDITIONAL
            | operators::LOGICAL_AND
            | operators::LOGICAL_OR
            | operators::LOGICAL_NOT
            | operators::NOT_STRICTLY_FALSE
    )
}

/// `&&` and `||`, of which a chain is one level however long it is.
pub(super) fn is_chain(name: &str) -> bool {
    matches!(name, operators::LOGICAL_AND | operators::LOGICAL_OR)
}

/// Names that cannot be written are operators.
pub(super) fn is_operator(name: &str) -> bool {
    !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
