//! The WASI calls that gateways give: printing, clocks, randomness, environment; there are no files and no sockets.

mod nothing;

use wasmtime::{Caller, Error, Linker};

use super::at_start;
use super::timer::{nanoseconds, since_epoch};
use crate::memory::{Call, Fault, Outcome};
use crate::vm::guest::Guest;

const DONE: u32 = 0;
const BAD_DESCRIPTOR: u32 = 8;
const FAULT: u32 = 21;
const INVALID: u32 = 28;
const NOT_SUPPORTED: u32 = 58;
/// `random_get` gives at most this many bytes at once.
const MOST_RANDOM: u32 = 65_536;
/// The most pieces that one `fd_write` takes: what IOV_MAX is on Linux.
const MOST_PIECES: u32 = 1_024;
/// The most bytes that one `fd_write` takes; a guest writes the rest with the next one.
const MOST_PRINTED: u32 = 1 << 20;
/// What is printed without a newline is logged at this length all the same.
const LONGEST_LINE: usize = 64 * 1024;

macro_rules! table {
    ($($name:literal => $function:path, ($($argument:ident: $type:ty),*);)*) => {
        const NAMES: &[&str] = &[$($name,)* "proc_exit"];

        pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
            for module in ["wasi_snapshot_preview1", "wasi_unstable"] {
                $(linker.func_wrap(module, $name, |caller: Caller<'_, Guest>, $($argument: $type),*| {
                    at_start(&caller, $name)?;
                    errno($function(&mut Call(caller), $($argument),*))
                })?;)*
                linker.func_wrap(module, "proc_exit", exit)?;
                nothing::link(linker, module)?;
            }
            Ok(())
        }
    };
}

table! {
    "fd_write" => fd_write, (descriptor: u32, pieces: u32, count: u32, written: u32);
    "fd_fdstat_get" => fd_fdstat_get, (descriptor: u32, out: u32);
    "environ_sizes_get" => environ_sizes_get, (count: u32, bytes: u32);
    "environ_get" => environ_get, (pointers: u32, texts: u32);
    "args_sizes_get" => args_sizes_get, (count: u32, bytes: u32);
    "args_get" => args_get, (_pointers: u32, _texts: u32);
    "clock_res_get" => clock_res_get, (clock: u32, out: u32);
    "fd_tell" => fd_tell, (descriptor: u32, out: u32);
    "clock_time_get" => clock_time_get, (clock: u32, _precision: u64, out: u32);
    "random_get" => random_get, (out: u32, size: u32);
    "sched_yield" => sched_yield, ();
    "poll_oneoff" => poll_oneoff, (_subscriptions: u32, _events: u32, _count: u32, stored: u32);
}

/// Whether gateways give a call.
pub(crate) fn knows(name: &str) -> bool {
    NAMES.contains(&name) || nothing::NAMES.contains(&name)
}

/// A call answers with an error number of WASI.
type Errno = Outcome<u32>;

fn errno(outcome: Errno) -> Result<u32, Error> {
    match outcome {
        Ok(number) => Ok(number),
        Err(Fault::Status(_)) => Ok(FAULT),
        Err(Fault::Trap(error)) => Err(error),
    }
}

/// Ends the guest: a plugin has no process of its own to leave.
fn exit(_: Caller<'_, Guest>, code: u32) -> Result<(), Error> {
    Err(Error::msg(format!("the plugin ended itself with exit code {code}")))
}

/// Whole lines printed to stdout go to the log at info, those of stderr at error.
fn fd_write(call: &mut Call<'_>, descriptor: u32, pieces: u32, count: u32, written: u32) -> Errno {
    if !matches!(descriptor, 1 | 2) {
        return Ok(BAD_DESCRIPTOR);
    }
    if count > MOST_PIECES {
        return Ok(INVALID);
    }
    let mut total = 0_u32;
    for piece in 0..count {
        let at = pieces.saturating_add(piece * 8);
        let (text, size) = (call.read_u32(at)?, call.read_u32(at.saturating_add(4))?);
        let size = size.min(MOST_PRINTED - total);
        let bytes = call.bytes(text, size)?;
        total += size;
        print(call.guest(), descriptor, &bytes);
    }
    call.write_u32(written, total)?;
    Ok(DONE)
}

fn print(guest: &mut Guest, descriptor: u32, bytes: &[u8]) {
    let [out, err] = &mut guest.printed;
    let (printed, level) = if descriptor == 1 { (out, 2) } else { (err, 4) };
    let mut text = std::mem::take(printed);
    text.extend(bytes);
    let whole = match text.iter().rposition(|byte| *byte == b'\n') {
        Some(newline) => newline + 1,
        None if text.len() >= LONGEST_LINE => text.len(),
        None => 0,
    };
    *printed = text.split_off(whole);
    for line in String::from_utf8_lossy(&text).lines() {
        guest.log(level, line);
    }
}

/// Only stdout and stderr are open; both are character devices that can be written.
fn fd_fdstat_get(call: &mut Call<'_>, descriptor: u32, out: u32) -> Errno {
    if !matches!(descriptor, 1 | 2) {
        return Ok(BAD_DESCRIPTOR);
    }
    const CHARACTER_DEVICE: u8 = 2;
    const RIGHT_TO_WRITE: u8 = 64;
    let mut stat = [0; 24];
    stat[0] = CHARACTER_DEVICE;
    stat[8] = RIGHT_TO_WRITE;
    call.write(out, &stat)?;
    Ok(DONE)
}

fn environ_sizes_get(call: &mut Call<'_>, count: u32, bytes: u32) -> Errno {
    let variables = environment(call.guest());
    let size: usize = variables.iter().map(Vec::len).sum();
    call.write_u32(count, u32::try_from(variables.len()).unwrap_or(u32::MAX))?;
    call.write_u32(bytes, u32::try_from(size).unwrap_or(u32::MAX))?;
    Ok(DONE)
}

fn environ_get(call: &mut Call<'_>, mut pointers: u32, mut texts: u32) -> Errno {
    for variable in environment(call.guest()) {
        call.write(texts, &variable)?;
        call.write_u32(pointers, texts)?;
        pointers = pointers.saturating_add(4);
        texts = texts.saturating_add(u32::try_from(variable.len()).unwrap_or(u32::MAX));
    }
    Ok(DONE)
}

/// `NAME=value`, each closed by a NUL.
fn environment(guest: &Guest) -> Vec<Vec<u8>> {
    guest.environment.iter().map(|(name, value)| format!("{name}={value}\0").into_bytes()).collect()
}

fn args_sizes_get(call: &mut Call<'_>, count: u32, bytes: u32) -> Errno {
    call.write_u32(count, 0)?;
    call.write_u32(bytes, 0)?;
    Ok(DONE)
}

fn args_get(_: &mut Call<'_>, _pointers: u32, _texts: u32) -> Errno {
    Ok(DONE)
}

fn clock_time_get(call: &mut Call<'_>, clock: u32, _precision: u64, out: u32) -> Errno {
    let world = &call.guest().world;
    let time = match clock {
        0 => since_epoch(world.now()),
        1 => nanoseconds(world.monotonic()),
        _ => return Ok(NOT_SUPPORTED),
    };
    call.write_u64(out, time)?;
    Ok(DONE)
}

fn random_get(call: &mut Call<'_>, out: u32, size: u32) -> Errno {
    if size > MOST_RANDOM {
        return Ok(INVALID);
    }
    let mut bytes = vec![0; size as usize];
    call.guest().world.random(&mut bytes);
    call.write(out, &bytes)?;
    Ok(DONE)
}

fn sched_yield(_: &mut Call<'_>) -> Errno {
    Ok(DONE)
}

/// Nothing can be waited for inside a callback, so nothing has happened. Go's runtime gives up on any other answer.
fn poll_oneoff(call: &mut Call<'_>, _subscriptions: u32, _events: u32, _count: u32, stored: u32) -> Errno {
    call.write_u32(stored, 0)?;
    Ok(DONE)
}

/// All that was printed is behind us.
fn fd_tell(call: &mut Call<'_>, descriptor: u32, out: u32) -> Errno {
    if !matches!(descriptor, 1 | 2) {
        return Ok(BAD_DESCRIPTOR);
    }
    call.write_u64(out, 0)?;
    Ok(DONE)
}

/// Both clocks count nanoseconds.
fn clock_res_get(call: &mut Call<'_>, clock: u32, out: u32) -> Errno {
    if clock > 1 {
        return Ok(NOT_SUPPORTED);
    }
    call.write_u64(out, 1)?;
    Ok(DONE)
}
