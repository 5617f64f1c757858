//! CPU time per request: rounds of a fresh Envoy each, all variants interleaved in small slices of load.

use crate::envoy::{Binary, Envoy};
use crate::load::Load;
use crate::options::Options;
use crate::variant::Variant;
use anyhow::{Context as _, Result};
use std::thread::sleep;
use std::time::Duration;

/// Requests of one slice: enough to refill the caches after the slice of another variant, few enough that the machine has
/// the same speed for all variants of a turn. Of 100 requests instead of 400, rounds agree twice as well.
const SLICE: usize = 100;
/// Lets V8 and Envoy's caches settle; not measured.
const WARM_UP_REQUESTS: usize = 2000;
/// After the last answer Envoy still cleans up its streams; its CPU figure is exact only once it sleeps.
const SETTLE: Duration = Duration::from_millis(1);

/// Microseconds of Envoy's CPU for one request: a list of rounds, in each a list for each of `variants`, in each a figure
/// for each slice. Slices of the same number were measured one after the other.
///
/// All variants are listeners of one Envoy process, because where a process happens to lie in memory costs or
/// saves more than a filter does; each round starts another process, so that the layout inside it does not
/// become a property of a variant either.
pub(crate) fn run(binary: &Binary<'_>, variants: &[&Variant], options: &Options) -> Result<Vec<Vec<Vec<f64>>>> {
    (0..options.rounds)
        .map(|round| {
            eprintln!("round {} of {}", round + 1, options.rounds);
            run_one(binary, variants, options, round).with_context(|| format!("round {}", round + 1))
        })
        .collect()
}

fn run_one(binary: &Binary<'_>, variants: &[&Variant], options: &Options, round: usize) -> Result<Vec<Vec<f64>>> {
    let order = rotated(variants.len(), round);
    let ordered: Vec<&Variant> = order.iter().filter_map(|index| variants.get(*index).copied()).collect();
    let envoy = binary.start(&ordered, 1)?;
    let mut running = Vec::new();
    for (position, (index, variant)) in order.into_iter().zip(ordered).enumerate() {
        let mut load = envoy.load(position, variant, options.connections)?;
        load.send(WARM_UP_REQUESTS)?;
        running.push(Running { index, name: &variant.name, load, slices: Vec::new() });
    }
    for slice in 0..options.requests.div_ceil(SLICE) {
        for position in rotated(running.len(), slice) {
            if let Some(one) = running.get_mut(position) {
                one.measure(&envoy).with_context(|| format!("variant {:?}", one.name))?;
            }
        }
    }
    running.sort_by_key(|one| one.index);
    Ok(running.into_iter().map(|one| one.slices).collect())
}

/// The numbers below `count`, beginning with another one each turn, every other turn backwards: nobody always
/// finds the caches as the same neighbour left them.
fn rotated(count: usize, turn: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).map(|number| (number + turn) % count).collect();
    if turn % 2 == 1 {
        order.reverse();
    }
    order
}

/// A variant under load.
struct Running<'a> {
    index: usize,
    name: &'a str,
    load: Load,
    /// Microseconds per request, slice by slice.
    slices: Vec<f64>,
}

impl Running<'_> {
    fn measure(&mut self, envoy: &Envoy) -> Result<()> {
        sleep(SETTLE);
        let before = envoy.cpu_time()?;
        let answered = self.load.send(SLICE)?;
        sleep(SETTLE);
        let spent = envoy.cpu_time()?.saturating_sub(before);
        self.slices.push(spent.as_secs_f64() * 1e6 / answered as f64);
        Ok(())
    }
}
