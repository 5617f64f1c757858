//! Bodies: whole with their headers ([`Full`]), whole without them ([`Whole`]), or as they pass ([`Chunks`]).

mod chunks;
mod held;
mod whole;

pub use chunks::{Chunk, Chunks};
pub use whole::{Full, Whole};

/// Marks a body of the client's request.
#[derive(Debug)]
pub struct RequestSide;

/// Marks a body of the response.
#[derive(Debug)]
pub struct ResponseSide;

/// Marks a body that may only be read.
#[derive(Debug)]
pub struct Read;

/// Marks a body that may be changed: its `content-length` was removed while the headers were still there.
#[derive(Debug)]
pub struct Edit;

/// Which half of an exchange a body belongs to.
pub trait Side: sealed::Sealed {}

mod sealed {
    use crate::host::Direction;

    pub trait Sealed {
        const DIRECTION: Direction;
    }

    impl Sealed for super::RequestSide {
        const DIRECTION: Direction = Direction::Request;
    }

    impl Sealed for super::ResponseSide {
        const DIRECTION: Direction = Direction::Response;
    }
}

impl Side for RequestSide {}
impl Side for ResponseSide {}
