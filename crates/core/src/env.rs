//! The environment of the VM: where an operator puts secrets that shall not stand in a configuration.
//!
//! Envoy calls it `vm_config.environment_variables`, Higress `vmConfig.env` of a WasmPlugin.

use crate::host::{Host, host};

/// The value of a variable; `None` if the VM has none of that name, or its value is not UTF-8.
pub fn var(name: &str) -> Option<String> {
    let environment = host().environment();
    let mut variables = environment.split(|byte| *byte == 0);
    let value = variables.find_map(|variable| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    String::from_utf8(value.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::var;
    use crate::testing::FakeHost;

    #[test]
    fn a_variable_is_found_by_its_whole_name() {
        FakeHost::install().set_environment(&[("AB", "no"), ("A", "x=y"), ("EMPTY", ""), ("É", "é")]);
        assert_eq!(var("A").as_deref(), Some("x=y"));
        assert_eq!(var("EMPTY").as_deref(), Some(""));
        assert_eq!(var("É").as_deref(), Some("é"));
        assert_eq!((var("B"), var("")), (None, None));
    }
}
