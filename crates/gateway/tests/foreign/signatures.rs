//! `sign` and `verify_signature`. The keys and the signatures of "text" beside them are OpenSSL's, made for these tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::caller::{BAD_ARGUMENT, Caller, OK};
use crate::message::{bytes, field};

const HASHES: [&str; 6] = ["sha1", "sha224", "sha256", "sha384", "sha512", "SHA256"];
const CURVES: [&str; 3] = ["p256", "p384", "p521"];

fn key(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/foreign/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// By OpenSSL, with SHA-256.
fn signature(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/foreign/keys/{name}.sha256", env!("CARGO_MANIFEST_DIR"));
    STANDARD.decode(std::fs::read_to_string(path).unwrap()).unwrap()
}

fn der(name: &str) -> Vec<u8> {
    let lines: String = key(name).lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(lines).unwrap()
}

fn sign(hash: &str, key: Vec<u8>) -> Vec<u8> {
    [bytes(1, hash), key, bytes(3, "text")].concat()
}

fn verify(hash: &str, key: Vec<u8>, signature: &[u8], text: &str) -> Vec<u8> {
    [bytes(1, hash), key, bytes(3, signature), bytes(4, text)].concat()
}

fn private_pem(text: impl AsRef<[u8]>) -> Vec<u8> {
    bytes(4, text)
}

fn public_pem(text: impl AsRef<[u8]>) -> Vec<u8> {
    bytes(5, text)
}

impl Caller {
    /// The signature, or what was wrong.
    fn signed(&self, argument: Vec<u8>) -> Result<Vec<u8>, String> {
        let (status, result) = self.call("sign", argument);
        assert_eq!(status, OK);
        verdict(&result, 3).map(|()| field(&result, 2))
    }

    fn verified(&self, argument: Vec<u8>) -> Result<(), String> {
        let (status, result) = self.call("verify_signature", argument);
        assert_eq!(status, OK);
        verdict(&result, 2)
    }
}

fn verdict(result: &[u8], error: u8) -> Result<(), String> {
    let error = String::from_utf8(field(result, error)).unwrap();
    if result.starts_with(&[1 << 3, 1]) {
        assert_eq!(error, "");
        return Ok(());
    }
    assert_ne!(error, "", "a refusal says why");
    Err(error)
}

#[testkit::scenario]
fn what_a_key_signs_its_other_half_verifies() {
    let caller = Caller::start();
    for name in ["rsa"].iter().chain(&CURVES) {
        let public = public_pem(key(&format!("{name}.pub")));
        for hash in HASHES {
            let signature = caller.signed(sign(hash, private_pem(key(name)))).unwrap();
            assert_eq!(caller.verified(verify(hash, public.clone(), &signature, "text")), Ok(()), "{name} {hash}");
            caller.verified(verify(hash, public.clone(), &signature, "texT")).unwrap_err();
        }
        // What others have signed.
        assert_eq!(caller.verified(verify("sha256", public.clone(), &signature(name), "text")), Ok(()), "{name}");
        caller.verified(verify("sha512", public.clone(), &signature(name), "text")).unwrap_err();
        caller.verified(verify("sha256", public, &signature(name)[1..], "text")).unwrap_err();
    }
    assert_eq!(caller.signed(sign("sha256", private_pem(key("rsa")))).unwrap(), signature("rsa"));
}

#[testkit::scenario]
fn keys_come_in_their_usual_forms() {
    let caller = Caller::start();
    let expected = Ok(signature("rsa"));
    let around = format!("text\n{}text", key("rsa"));
    let longer = [der("rsa"), b"x".to_vec()].concat();
    for key in [bytes(2, der("rsa")), bytes(2, longer), private_pem(key("rsa-pkcs1")), private_pem(around)] {
        assert_eq!(caller.signed(sign("sha256", key)), expected);
    }
    for form in [bytes(2, der("p256")), private_pem(key("p256-sec1"))] {
        let signature = caller.signed(sign("sha256", form)).unwrap();
        for public in [bytes(2, der("p256.pub")), public_pem(key("p256.pub"))] {
            assert_eq!(caller.verified(verify("sha256", public, &signature, "text")), Ok(()));
        }
    }
}

#[testkit::scenario]
fn a_key_that_cannot_be_used_is_told_in_the_result() {
    let caller = Caller::start();
    for pem in [key("ed25519"), key("rsa-encrypted"), key("rsa.pub"), "junk".to_owned()] {
        caller.signed(sign("sha256", private_pem(pem))).unwrap_err();
    }
    for der in [der("rsa-pkcs1"), der("rsa.pub"), der("rsa")[..600].to_vec(), b"junk".to_vec()] {
        caller.signed(sign("sha256", bytes(2, der))).unwrap_err();
    }
    for pem in [key("ed25519.pub"), key("rsa"), "junk".to_owned()] {
        caller.verified(verify("sha256", public_pem(pem), &signature("rsa"), "text")).unwrap_err();
    }
    caller.verified(verify("sha256", bytes(2, b"junk"), &signature("rsa"), "text")).unwrap_err();
    for hash in ["md5", ""] {
        caller.signed(sign(hash, private_pem(key("rsa")))).unwrap_err();
        caller.verified(verify(hash, public_pem(key("rsa.pub")), &signature("rsa"), "text")).unwrap_err();
    }
}

#[testkit::scenario]
fn an_argument_without_one_key_is_refused() {
    let caller = Caller::start();
    let both = [bytes(2, der("rsa")), private_pem(key("rsa"))].concat();
    let no_text = bytes(1, b"\xff");
    for argument in [sign("sha256", both), sign("sha256", vec![]), no_text, b"\xff".to_vec(), vec![]] {
        assert_eq!(caller.call("sign", argument), (BAD_ARGUMENT, vec![]));
    }
    let both = [bytes(2, der("rsa.pub")), public_pem(key("rsa.pub"))].concat();
    for argument in [verify("sha256", both, b"", ""), verify("sha256", vec![], b"", ""), b"\xff".to_vec(), vec![]] {
        assert_eq!(caller.call("verify_signature", argument), (BAD_ARGUMENT, vec![]));
    }
}
