//! The WASI calls about files and sockets, of which there is none: they exist so that modules load, and answer as
//! gateways do.

use wasmtime::{Caller, Linker};

use super::super::at_start;
use super::{BAD_DESCRIPTOR, DONE, NOT_SUPPORTED};
use crate::vm::guest::Guest;

const NO_DIRECTORY: u32 = 20;
const NO_ENTRY: u32 = 44;
const NOT_IMPLEMENTED: u32 = 52;

/// Each call has one answer, whatever its arguments; `of_output` has the answer for stdout and stderr only, all other
/// descriptors are bad.
macro_rules! table {
    (always: $($name:literal ($($type:ty),*) => $answer:expr;)* of_output: $($own:literal ($($rest:ty),*) => $result:expr;)*) => {
        /// Names of the calls.
        pub(super) const NAMES: &[&str] = &[$($name,)* $($own,)*];

        pub(super) fn link(linker: &mut Linker<Guest>, module: &str) -> wasmtime::Result<()> {
            $(linker.func_wrap(module, $name, |caller: Caller<'_, Guest>, $(_: $type),*| {
                at_start(&caller, $name).map(|()| $answer)
            })?;)*
            $(linker.func_wrap(module, $own, |_: Caller<'_, Guest>, descriptor: u32, $(_: $rest),*| -> u32 {
                if matches!(descriptor, 1 | 2) { $result } else { BAD_DESCRIPTOR }
            })?;)*
            Ok(())
        }
    };
}

table! {
    always:
    "fd_read" (u32, u32, u32, u32) => NOT_IMPLEMENTED;
    "fd_seek" (u32, i64, u32, u32) => DONE;
    "fd_close" (u32) => DONE;
    "fd_fdstat_set_flags" (u32, u32) => NOT_IMPLEMENTED;
    "fd_advise" (u32, i64, i64, u32) => DONE;
    "fd_filestat_get" (u32, u32) => BAD_DESCRIPTOR;
    "fd_prestat_get" (u32, u32) => BAD_DESCRIPTOR;
    "fd_prestat_dir_name" (u32, u32, u32) => NOT_IMPLEMENTED;
    "fd_pread" (u32, u32, u32, i64, u32) => NOT_IMPLEMENTED;
    "fd_pwrite" (u32, u32, u32, i64, u32) => BAD_DESCRIPTOR;
    "fd_readdir" (u32, u32, u32, i64, u32) => NO_DIRECTORY;
    "path_open" (u32, u32, u32, u32, u32, i64, i64, u32, u32) => NO_ENTRY;
    "path_create_directory" (u32, u32, u32) => NOT_SUPPORTED;
    "path_filestat_get" (u32, u32, u32, u32, u32) => NOT_SUPPORTED;
    "path_filestat_set_times" (u32, u32, u32, u32, i64, i64, u32) => NOT_SUPPORTED;
    "path_link" (u32, u32, u32, u32, u32, u32, u32) => NOT_SUPPORTED;
    "path_readlink" (u32, u32, u32, u32, u32, u32) => NOT_SUPPORTED;
    "path_remove_directory" (u32, u32, u32) => NOT_SUPPORTED;
    "path_rename" (u32, u32, u32, u32, u32, u32) => NOT_SUPPORTED;
    "path_symlink" (u32, u32, u32, u32, u32) => NOT_SUPPORTED;
    "path_unlink_file" (u32, u32, u32) => NOT_SUPPORTED;
    "sock_accept" (u32, u32, u32) => NOT_SUPPORTED;
    "sock_recv" (u32, u32, u32, u32, u32, u32) => NOT_SUPPORTED;
    "sock_send" (u32, u32, u32, u32, u32) => NOT_SUPPORTED;
    "sock_shutdown" (u32, u32) => NOT_SUPPORTED;
    of_output:
    "fd_allocate" (i64, i64) => DONE;
    "fd_datasync" () => DONE;
    "fd_sync" () => DONE;
    "fd_fdstat_set_rights" (i64, i64) => DONE;
    "fd_filestat_set_size" (i64) => DONE;
    "fd_filestat_set_times" (i64, i64, u32) => DONE;
    "fd_renumber" (u32) => NOT_SUPPORTED;
}
