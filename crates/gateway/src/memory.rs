//! One host call of a guest: its memory, checked at every access, and how the call ends.

use wasmtime::{AsContext, AsContextMut, Caller, Error};

use crate::abi::Status;
use crate::vm::guest::Guest;

/// A host call that runs.
pub(crate) struct Call<'a>(pub(crate) Caller<'a, Guest>);

/// How a host call ends when not well.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The guest is told.
    Status(Status),
    /// The guest is stopped.
    Trap(Error),
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

pub(crate) type Outcome<T = ()> = Result<T, Fault>;

const OUTSIDE: Fault = Fault::Status(Status::InvalidMemoryAccess);

impl Call<'_> {
    pub(crate) fn guest(&mut self) -> &mut Guest {
        self.0.data_mut()
    }

    fn memory(&self) -> &[u8] {
        let context = self.0.as_context();
        context.data().memory.map(|memory| memory.data(context)).unwrap_or_default()
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        let memory = self.0.data().memory;
        memory.map(|memory| memory.data_mut(self.0.as_context_mut())).unwrap_or_default()
    }

    /// Bytes of memory that the guest has taken.
    pub(crate) fn memory_size(&self) -> u64 {
        self.memory().len() as u64
    }

    /// The bytes at `at`. Nothing is copied from outside the guest's memory, and nothing is copied for length 0.
    pub(crate) fn bytes(&self, at: u32, size: u32) -> Outcome<Vec<u8>> {
        self.slice(at, size).map(<[u8]>::to_vec)
    }

    /// Text as a log line or a name needs it: bytes that are no UTF-8 are replaced.
    pub(crate) fn text(&self, at: u32, size: u32) -> Outcome<String> {
        self.slice(at, size).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Text of which no more than `most` bytes are wanted, and how many bytes are left out.
    pub(crate) fn text_up_to(&self, at: u32, size: u32, most: usize) -> Outcome<(String, usize)> {
        let bytes = self.slice(at, size)?;
        let Some(kept) = bytes.get(..most).filter(|kept| kept.len() < bytes.len()) else {
            return Ok((String::from_utf8_lossy(bytes).into_owned(), 0));
        };
        // A character is not cut in two.
        let ends_inside = |kept: &[u8]| bytes.get(kept.len()).is_some_and(|next| next & 0xc0 == 0x80);
        let ends = (0..4).filter_map(|back| kept.get(..kept.len() - back)).find(|kept| !ends_inside(kept));
        let kept = ends.unwrap_or(kept);
        Ok((String::from_utf8_lossy(kept).into_owned(), bytes.len() - kept.len()))
    }

    fn slice(&self, at: u32, size: u32) -> Outcome<&[u8]> {
        let end = (at as usize).checked_add(size as usize).ok_or(OUTSIDE)?;
        self.memory().get(at as usize..end).ok_or(OUTSIDE)
    }

    pub(crate) fn read_u32(&self, at: u32) -> Outcome<u32> {
        self.slice(at, 4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or(OUTSIDE)
    }

    pub(crate) fn write(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        let end = (at as usize).checked_add(bytes.len()).ok_or(OUTSIDE)?;
        self.memory_mut().get_mut(at as usize..end).ok_or(OUTSIDE)?.copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn write_u32(&mut self, at: u32, number: u32) -> Outcome {
        self.write(at, &number.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, at: u32, number: u64) -> Outcome {
        self.write(at, &number.to_le_bytes())
    }

    /// Hands bytes over in memory that the guest allocates for them; nothing is allocated when there are none.
    pub(crate) fn give(&mut self, bytes: &[u8], out: u32, out_size: u32) -> Outcome {
        // Both places are tried before the guest allocates, so that nothing is left over in it.
        self.write_u32(out, 0)?;
        self.write_u32(out_size, 0)?;
        if bytes.is_empty() {
            return Ok(());
        }
        let size = u32::try_from(bytes.len()).map_err(|_| OUTSIDE)?;
        let allocate = self.0.data().allocate.clone().ok_or(OUTSIDE)?;
        let at = allocate.call(self.0.as_context_mut(), size).map_err(Fault::Trap)?;
        if at == 0 {
            return Err(OUTSIDE);
        }
        self.write(at, bytes)?;
        self.write_u32(out, at)?;
        self.write_u32(out_size, size)
    }
}

/// The status that the guest gets, or the end of the guest.
pub(crate) fn finish(outcome: Outcome) -> Result<u32, Error> {
    match outcome {
        Ok(()) => Ok(Status::Ok as u32),
        Err(Fault::Status(status)) => Ok(status as u32),
        Err(Fault::Trap(error)) => Err(error),
    }
}
