//! What this module was built from. The build's last step writes it over the placeholder, so that a new commit does not
//! compile anything again.

/// Found and overwritten by `xtask`, spaces to the end; the text before the first `:` tells where.
#[used]
static FACTS: [u8; 96] =
    *b"plugin-core build facts: not written, because this module never went through cargo xtask build  ";

/// `version 0.1.0, commit 0123456789ab, ABI 0.2.1`.
pub(super) fn facts() -> &'static str {
    // Without it the compiler would read the placeholder now, once and for all.
    let facts: &'static [u8; 96] = std::hint::black_box(&FACTS);
    std::str::from_utf8(facts).unwrap_or_default().trim_end()
}
