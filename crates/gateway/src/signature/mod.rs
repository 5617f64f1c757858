//! Signatures as Envoy's foreign functions make and check them: PKCS #1 v1.5 with RSA, ECDSA in DER.

mod digest;
mod elliptic;
mod key;
mod pem;

use digest::Digest;
use key::{PrivateKey, PublicKey};

/// A key as a plugin passes it.
#[derive(Clone, Copy)]
pub(crate) enum Encoded<'a> {
    Der(&'a [u8]),
    Pem(&'a str),
}

/// Signs `text` with a private key in PKCS #8 or, as PEM, also in the older forms of RSA and elliptic curves.
///
/// # Errors
/// What is wrong with the hash function or the key. No part of the key is in the text.
pub(crate) fn sign(hash: &str, key: Encoded<'_>, text: &[u8]) -> Result<Vec<u8>, String> {
    let digest = Digest::named(hash)?;
    let key = PrivateKey::read(key).ok_or_else(|| key::advice("private"))?;
    key.sign(digest, text).ok_or_else(|| format!("the key is too short for a signature with {hash}"))
}

/// Whether `signature` is one of `text`, by a public key as SubjectPublicKeyInfo.
///
/// # Errors
/// What is wrong with the hash function, the key or the signature.
pub(crate) fn verify(hash: &str, key: Encoded<'_>, signature: &[u8], text: &[u8]) -> Result<(), String> {
    let digest = Digest::named(hash)?;
    let key = PublicKey::read(key).ok_or_else(|| key::advice("public"))?;
    if key.verifies(digest, signature, text) {
        return Ok(());
    }
    Err(format!("this is no signature of the text by this key with {hash}"))
}
