//! The VM's environment through WASI, without the C library's own environment, which costs 20 KB of code.

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn environ_sizes_get(count: *mut usize, bytes: *mut usize) -> u16;
    fn environ_get(pointers: *mut *mut u8, texts: *mut u8) -> u16;
}

/// `NAME=value` of each variable, each closed by a NUL; empty when the host refuses.
pub(super) fn read() -> Vec<u8> {
    let (mut count, mut bytes) = (0_usize, 0_usize);
    // SAFETY: the host writes one number behind each pointer, to locals that outlive the call.
    if unsafe { environ_sizes_get(&mut count, &mut bytes) } != 0 {
        return Vec::new();
    }
    let mut pointers = vec![std::ptr::null_mut::<u8>(); count];
    let mut texts = vec![0_u8; bytes];
    // SAFETY: both lists have the lengths that the host has just named; it fills them and keeps neither.
    match unsafe { environ_get(pointers.as_mut_ptr(), texts.as_mut_ptr()) } {
        0 => texts,
        _ => Vec::new(),
    }
}
