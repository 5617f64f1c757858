//! What one more VM of a plugin keeps in memory.

use crate::envoy::Binary;
use crate::variant::Variant;
use anyhow::{Result, ensure};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Workers of the larger Envoy; the smaller one has one.
const MANY: usize = 9;
/// The first worker answers before the last has its VM: memory is read once Envoy spends less than
/// `IDLE_CPU` in a `QUIET` stretch.
const QUIET: Duration = Duration::from_millis(100);
const IDLE_CPU: Duration = Duration::from_millis(1);
const LONGEST_SETTLING: Duration = Duration::from_secs(20);

/// For each variant, the KiB of anonymous memory that one more worker costs.
///
/// Envoy gives each worker its own VM, so the difference to the variant without a filter is one VM: linear
/// memory, V8's isolate, instance data. What all VMs share, such as compiled code, is not in it.
pub(crate) fn per_vm(binary: &Binary<'_>, variants: &[&Variant]) -> Result<Vec<f64>> {
    eprintln!("memory");
    variants
        .iter()
        .map(|variant| {
            let few = resident_kib(binary, variant, 1)?;
            let many = resident_kib(binary, variant, MANY)?;
            Ok((many - few) / (MANY - 1) as f64)
        })
        .collect()
}

fn resident_kib(binary: &Binary<'_>, variant: &Variant, workers: usize) -> Result<f64> {
    let envoy = binary.start(&[variant], workers)?;
    let deadline = Instant::now() + LONGEST_SETTLING;
    loop {
        let before = envoy.cpu_time()?;
        sleep(QUIET);
        if envoy.cpu_time()?.saturating_sub(before) < IDLE_CPU {
            return Ok(envoy.anonymous_kib()? as f64);
        }
        ensure!(
            Instant::now() < deadline,
            "Envoy with {:?} and {workers} workers is still busy {LONGEST_SETTLING:?} after its start",
            variant.name
        );
    }
}
