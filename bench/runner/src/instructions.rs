//! Instructions per request: what a busy machine cannot disturb, and what its caches do not show.

use crate::envoy::Binary;
use crate::options::Options;
use crate::variant::Variant;
use anyhow::{Context as _, Result};
use std::thread::sleep;
use std::time::Duration;

/// Requests of one turn of a variant.
const SLICE: usize = 400;
/// V8 has optimised the plugins by then.
const WARM_UP_REQUESTS: usize = 2000;
/// After the last answer Envoy still cleans up its streams, fifty times slower than usual.
const SETTLE: Duration = Duration::from_millis(300);

/// Thousands of instructions for one request: a list of rounds, in each for each of `variants` one figure.
///
/// One Envoy does for all rounds: where it lies in memory does not change the count.
pub(crate) fn run(binary: &Binary<'_>, variants: &[&Variant], options: &Options) -> Result<Vec<Vec<Vec<f64>>>> {
    eprintln!("starting Envoy under callgrind, which takes about two minutes");
    let (envoy, mut counter) = binary.start_counted(variants)?;
    let mut loads = Vec::new();
    for (position, variant) in variants.iter().enumerate() {
        eprintln!("warming up {:?}", variant.name);
        let mut load = envoy.load(position, variant, options.connections)?;
        load.send(WARM_UP_REQUESTS)?;
        loads.push(load);
    }
    sleep(SETTLE);
    counter.take(envoy.id())?;
    let mut round = || -> Result<Vec<Vec<f64>>> {
        let counted = loads.iter_mut().zip(variants).map(|(load, variant)| {
            let answered = load.send(SLICE).with_context(|| format!("variant {:?}", variant.name))?;
            sleep(SETTLE);
            Ok(vec![counter.take(envoy.id())? as f64 / 1e3 / answered as f64])
        });
        counted.collect()
    };
    (0..options.rounds)
        .map(|number| {
            eprintln!("round {} of {}", number + 1, options.rounds);
            round().with_context(|| format!("round {}", number + 1))
        })
        .collect()
}
