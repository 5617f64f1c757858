//! Envoy's foreign functions `sign` and `verify_signature`: messages of protobuf in and out.

use super::protobuf::{Message, Value, fields};
use crate::abi::Status;
use crate::signature::{self, Encoded};

/// What both functions are told.
#[derive(Default)]
struct Arguments<'a> {
    hash: &'a str,
    der: &'a [u8],
    pem: &'a str,
    signature: &'a [u8],
    text: &'a [u8],
}

/// The numbers of the fields in the two messages; 0 is no field.
struct Numbers {
    pem: u64,
    signature: u64,
    text: u64,
}

const SIGN: Numbers = Numbers { pem: 4, signature: 0, text: 3 };
const VERIFY: Numbers = Numbers { pem: 5, signature: 3, text: 4 };

/// A `SignResult`: whether it went well, the signature, what was wrong.
///
/// # Errors
/// [`Status::BadArgument`] where the argument is no `SignArguments` with one key.
pub(super) fn sign(argument: &[u8]) -> Result<Vec<u8>, Status> {
    let asked = Arguments::read(argument, &SIGN).ok_or(Status::BadArgument)?;
    Ok(match signature::sign(asked.hash, asked.key()?, asked.text) {
        Ok(signature) => Message::default().flag(1, true).bytes(2, &signature).into(),
        Err(error) => Message::default().bytes(3, error.as_bytes()).into(),
    })
}

/// A `VerifySignatureResult`: whether the signature is right, what was wrong.
///
/// # Errors
/// [`Status::BadArgument`] where the argument is no `VerifySignatureArguments` with one key.
pub(super) fn verify(argument: &[u8]) -> Result<Vec<u8>, Status> {
    let asked = Arguments::read(argument, &VERIFY).ok_or(Status::BadArgument)?;
    Ok(match signature::verify(asked.hash, asked.key()?, asked.signature, asked.text) {
        Ok(()) => Message::default().flag(1, true).into(),
        Err(error) => Message::default().bytes(2, error.as_bytes()).into(),
    })
}

impl<'a> Arguments<'a> {
    fn read(message: &'a [u8], numbers: &Numbers) -> Option<Self> {
        let mut read = Self::default();
        for field in fields(message)? {
            let (number, Value::Bytes(bytes)) = field else { continue };
            match number {
                1 => read.hash = std::str::from_utf8(bytes).ok()?,
                2 => read.der = bytes,
                number if number == numbers.pem => read.pem = std::str::from_utf8(bytes).ok()?,
                number if number == numbers.signature => read.signature = bytes,
                number if number == numbers.text => read.text = bytes,
                _ => {}
            }
        }
        Some(read)
    }

    /// The key, in one form and not in both.
    fn key(&self) -> Result<Encoded<'a>, Status> {
        match (self.der, self.pem) {
            (der, "") if !der.is_empty() => Ok(Encoded::Der(der)),
            ([], pem) if !pem.is_empty() => Ok(Encoded::Pem(pem)),
            _ => Err(Status::BadArgument),
        }
    }
}
