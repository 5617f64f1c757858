//! The make above us, which may be told to end without telling us.

/// SIGINT's bit in the kernel's signal masks (proc(5)).
const SIGINT_BIT: u64 = 1 << (2 - 1);

/// Our parent process, when it is a make.
pub(super) struct Parent(Option<u32>);

impl Parent {
    /// Looks at our parent. Only Linux tells what it does with signals.
    pub(super) fn find() -> Self {
        let id = std::os::unix::process::parent_id();
        let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        let is_make = matches!(name.trim(), "make" | "gmake") && catches_sigint(&status(id));
        Self(is_make.then_some(id))
    }

    /// Whether make has got SIGINT, or is gone. A SIGINT to make alone, as `kill -INT` and process supervisors send it,
    /// makes it wait for us and reaches nobody else; it takes its handler away first, and that can be seen.
    pub(super) fn is_told_to_end(&self) -> bool {
        self.0.is_some_and(|id| !catches_sigint(&status(id)))
    }
}

fn status(process: u32) -> String {
    std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default()
}

fn catches_sigint(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & SIGINT_BIT != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_the_kernel_is_read() {
        assert!(catches_sigint("Name:\tmake\nSigCgt:\t0000000000014003\n"));
        assert!(!catches_sigint("Name:\tmake\nSigCgt:\t0000000000014001\n"));
        assert!(!catches_sigint(""));
    }

    #[test]
    fn without_a_make_nobody_tells_us() {
        assert!(!Parent(None).is_told_to_end());
    }
}
