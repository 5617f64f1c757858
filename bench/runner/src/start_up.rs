//! How long Envoy takes until it answers its first request.

use crate::envoy::Binary;
use crate::variant::Variant;
use anyhow::Result;

/// Enough for a steady median: starts differ by a few milliseconds.
const STARTS: usize = 7;

/// Milliseconds from starting Envoy to its first answer: a list of rounds, in each a figure for each of `variants`.
pub(crate) fn run(binary: &Binary<'_>, variants: &[&Variant]) -> Result<Vec<Vec<f64>>> {
    (0..STARTS)
        .map(|start| {
            eprintln!("start-up {} of {STARTS}", start + 1);
            let one = |variant: &&Variant| anyhow::Ok(binary.start(&[variant], 1)?.start_up().as_secs_f64() * 1e3);
            variants.iter().map(one).collect()
        })
        .collect()
}
