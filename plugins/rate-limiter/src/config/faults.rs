//! What is wrong with a configuration as a whole.

/// One line for each fault, which begins with the path of what is at fault.
#[derive(Default)]
pub(super) struct Faults(Vec<String>);

impl Faults {
    /// Adds a fault, given in parts: `format!` in the many places that find one would be several times the code.
    #[inline(never)]
    pub(super) fn add(&mut self, parts: &[&str]) {
        self.0.push(parts.concat());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, for [`TryFrom`]'s error.
    pub(super) fn text(&self) -> String {
        self.0.join("\n")
    }
}
