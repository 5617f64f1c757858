//! Response flags: what went wrong with an exchange, in Envoy's letters and bits.

/// A set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::server) struct Flags(u32);

/// Letters in logs and bit in the attribute `response.flags`, in the order of logs.
///
/// Source: `CoreResponseFlag` in Envoy's `envoy/stream_info/stream_info.h`.
const FLAGS: [(&str, u32); 10] = [
    ("UH", 1),
    ("UF", 5),
    ("NR", 8),
    ("UT", 2),
    ("UR", 4),
    ("UC", 6),
    ("DC", 14),
    ("SI", 16),
    ("DPE", 18),
    ("UPE", 23),
];

impl Flags {
    /// Sets a flag by its letters.
    pub(in crate::server) fn set(&mut self, letters: &str) {
        if let Some((_, bit)) = FLAGS.iter().find(|(known, _)| *known == letters) {
            self.0 |= 1 << bit;
        }
    }

    /// The number that plugins read.
    pub(in crate::server) fn bits(self) -> u32 {
        self.0
    }

    /// The letters that logs show; `None` when nothing went wrong.
    pub(in crate::server) fn letters(self) -> Option<String> {
        let set: Vec<&str> =
            FLAGS.iter().filter(|(_, bit)| self.0 & (1 << bit) != 0).map(|(letters, _)| *letters).collect();
        (!set.is_empty()).then(|| set.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_bits_are_those_of_envoy() {
        let mut flags = Flags::default();
        assert_eq!((flags.letters(), flags.bits()), (None, 0));
        flags.set("NR");
        flags.set("UF");
        assert_eq!((flags.letters().as_deref(), flags.bits()), (Some("UF,NR"), 0x120));
    }
}
