//! What the source documents warn of in prose does not compile here; the `.stderr` files show what the compiler says.
//! After a change: `TRYBUILD=overwrite cargo test -p plugin-core --test compile_fail`.

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
