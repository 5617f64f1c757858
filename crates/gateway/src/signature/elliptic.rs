//! Keys on the three curves of NIST that are in use, and ECDSA with any hash function.

use rsa::pkcs8::{PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use sha2::digest::common::typenum::Unsigned;

use super::digest::Digest;

/// One implementation for three curves, which are three types.
macro_rules! curves {
    ($($name:ident: $curve:ident, $field:ty;)*) => {
        pub(super) enum SecretKey {
            $($name($curve::ecdsa::SigningKey),)*
        }

        pub(super) enum PublicKey {
            $($name($curve::ecdsa::VerifyingKey),)*
        }

        impl SecretKey {
            pub(super) fn of(info: &PrivateKeyInfoRef<'_>) -> Option<Self> {
                $(if let Ok(key) = $curve::ecdsa::SigningKey::try_from(info.clone()) {
                    return Some(Self::$name(key));
                })*
                None
            }

            /// From the form that OpenSSL once wrote, SEC 1.
            pub(super) fn sec1(der: &[u8]) -> Option<Self> {
                $(if let Ok(key) = $curve::SecretKey::from_sec1_der(der) {
                    return Some(Self::$name(key.into()));
                })*
                None
            }

            pub(super) fn sign(&self, digest: Digest, text: &[u8]) -> Option<Vec<u8>> {
                use p256::ecdsa::signature::hazmat::PrehashSigner as _;
                match self {
                    $(Self::$name(key) => {
                        let hash = number(digest.of(text), <$field>::USIZE);
                        let signature: $curve::ecdsa::Signature = key.sign_prehash(&hash).ok()?;
                        Some(signature.to_der().as_bytes().to_vec())
                    })*
                }
            }
        }

        impl PublicKey {
            pub(super) fn of(info: &SubjectPublicKeyInfoRef<'_>) -> Option<Self> {
                $(if let Ok(key) = $curve::ecdsa::VerifyingKey::try_from(info.clone()) {
                    return Some(Self::$name(key));
                })*
                None
            }

            pub(super) fn verifies(&self, digest: Digest, signature: &[u8], text: &[u8]) -> bool {
                use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
                match self {
                    $(Self::$name(key) => {
                        let hash = number(digest.of(text), <$field>::USIZE);
                        let signature = $curve::ecdsa::Signature::from_der(signature);
                        signature.is_ok_and(|signature| key.verify_prehash(&hash, &signature).is_ok())
                    })*
                }
            }
        }
    };
}

curves! {
    P256: p256, sha2::digest::consts::U32;
    P384: p384, sha2::digest::consts::U48;
    P521: p521, sha2::digest::consts::U66;
}

/// A hash as wide as the curve's field: one that is much narrower would be refused as too weak, which Envoy does not.
fn number(mut hash: Vec<u8>, width: usize) -> Vec<u8> {
    if let Some(missing) = width.checked_sub(hash.len()) {
        hash.splice(0..0, std::iter::repeat_n(0, missing));
    }
    hash
}
