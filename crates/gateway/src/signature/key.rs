//! Keys as plugins pass them, read into what signs and verifies.

use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::der::{Decode, SliceReader};
use rsa::pkcs8::{PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};

use super::digest::Digest;
use super::{Encoded, elliptic, pem};

/// The bytes of the longest key that is read: a private one of RSA with 8192 bits. What is longer would keep the
/// gateway busy for seconds.
const MOST_BYTES: usize = 6144;

/// The bytes of its modulus.
const MOST_MODULUS: usize = 1024;

pub(super) enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    Elliptic(Box<elliptic::SecretKey>),
}

pub(super) enum PublicKey {
    Rsa(RsaPublicKey),
    Elliptic(elliptic::PublicKey),
}

impl PrivateKey {
    pub(super) fn read(key: Encoded<'_>) -> Option<Self> {
        match key {
            Encoded::Der(der) => Self::pkcs8(der),
            Encoded::Pem(text) => {
                let (label, der) = pem::first(text, &["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"])?;
                match label {
                    "PRIVATE KEY" => Self::pkcs8(&der),
                    _ if der.len() > MOST_BYTES => None,
                    "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(&der).ok().and_then(Self::rsa),
                    _ => elliptic::SecretKey::sec1(&der).map(Box::new).map(Self::Elliptic),
                }
            }
        }
    }

    /// A key may be short and its modulus long, which takes the cube of its length.
    fn rsa(key: RsaPrivateKey) -> Option<Self> {
        (key.size() <= MOST_MODULUS).then(|| Self::Rsa(Box::new(key)))
    }

    fn pkcs8(der: &[u8]) -> Option<Self> {
        let info = &first::<PrivateKeyInfoRef<'_>>(der)?;
        let rsa = (info.algorithm.oid == rsa::pkcs1::ALGORITHM_OID).then(|| RsaPrivateKey::try_from(info.clone()).ok());
        match rsa {
            Some(key) => key.and_then(Self::rsa),
            None => elliptic::SecretKey::of(info).map(Box::new).map(Self::Elliptic),
        }
    }

    pub(super) fn sign(&self, digest: Digest, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => key.sign(digest.rsa_scheme(), &digest.of(text)).ok(),
            Self::Elliptic(key) => key.sign(digest, text),
        }
    }
}

impl PublicKey {
    pub(super) fn read(key: Encoded<'_>) -> Option<Self> {
        match key {
            Encoded::Der(der) => Self::info(der),
            Encoded::Pem(text) => Self::info(&pem::first(text, &["PUBLIC KEY"])?.1),
        }
    }

    fn info(der: &[u8]) -> Option<Self> {
        let info = &first::<SubjectPublicKeyInfoRef<'_>>(der)?;
        let rsa = (info.algorithm.oid == rsa::pkcs1::ALGORITHM_OID).then(|| RsaPublicKey::try_from(info.clone()).ok());
        match rsa {
            Some(key) => key.map(Self::Rsa),
            None => elliptic::PublicKey::of(info).map(Self::Elliptic),
        }
    }

    pub(super) fn verifies(&self, digest: Digest, signature: &[u8], text: &[u8]) -> bool {
        match self {
            Self::Rsa(key) => key.verify(digest.rsa_scheme(), &digest.of(text), signature).is_ok(),
            Self::Elliptic(key) => key.verifies(digest, signature, text),
        }
    }
}

/// What stands at the start of `der`; what follows does not count, as on Envoy.
fn first<'a, T: Decode<'a>>(der: &'a [u8]) -> Option<T> {
    if der.len() > MOST_BYTES {
        return None;
    }
    T::decode(&mut SliceReader::new(der).ok()?).ok()
}

/// What to say when a key cannot be read.
pub(super) fn advice(which: &str) -> String {
    let form = if which == "private" { "PKCS #8" } else { "SubjectPublicKeyInfo" };
    format!(
        "the {which} key cannot be read: pass one of RSA or of the curves P-256, P-384, P-521 in {form}, unencrypted"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modulus_that_would_take_long_is_refused_however_short_its_key() {
        let taken = include_str!("../../tests/foreign/keys/rsa-pkcs1.pem");
        let large = include_str!("../../tests/foreign/keys/rsa-9216.pem");
        assert!(pem::first(large, &["RSA PRIVATE KEY"]).unwrap().1.len() < MOST_BYTES);
        let is_read = |key| PrivateKey::read(Encoded::Pem(key)).is_some();
        assert_eq!((is_read(taken), is_read(large)), (true, false));
    }
}
