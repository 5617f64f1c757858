//! What one more VM of a plugin keeps in memory.

use crate::envoy::Binary;
use crate::variant::Variant;
use anyhow::Result;

/// Workers of the larger Envoy; the smaller one has one.
const MANY: usize = 9;

/// For each variant, the KiB of anonymous memory that one more worker costs.
///
/// Envoy gives each worker its own VM, so the difference to the variant without a filter is one VM: linear
/// memory, V8's isolate, instance data. What all VMs share, such as compiled code, is not in it.
pub(crate) fn per_vm(binary: &Binary<'_>, variants: &[&Variant]) -> Result<Vec<f64>> {
    eprintln!("memory");
    variants
        .iter()
        .map(|variant| {
            let few = binary.start(&[variant], 1)?.anonymous_kib()? as f64;
            let many = binary.start(&[variant], MANY)?.anonymous_kib()? as f64;
            Ok((many - few) / (MANY - 1) as f64)
        })
        .collect()
}
