//! Which ABI a module speaks: the first marker among its exported functions tells.

use std::fmt;

use super::Refusal;

/// A version of the proxy-wasm ABI that this host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbiVersion {
    /// 0.2.0: no log level call, none of Higress's calls.
    V0_2_0,
    /// 0.2.1: what the published Rust SDK speaks.
    V0_2_1,
    /// 0.2.100: Higress's, with five header states.
    V0_2_100,
}

impl AbiVersion {
    /// Finds the first marker, which wins over all later ones.
    pub(super) fn of<'a>(functions: impl Iterator<Item = &'a str>) -> Result<Self, Refusal> {
        for name in functions {
            match name {
                "proxy_abi_version_0_1_0" => return Err(Refusal::OldAbi),
                "proxy_abi_version_0_2_0" => return Ok(Self::V0_2_0),
                "proxy_abi_version_0_2_1" => return Ok(Self::V0_2_1),
                "proxy_abi_version_0_2_100" => return Ok(Self::V0_2_100),
                _ => {}
            }
        }
        Err(Refusal::NoAbi)
    }
}

impl fmt::Display for AbiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V0_2_0 => "0.2.0",
            Self::V0_2_1 => "0.2.1",
            Self::V0_2_100 => "0.2.100",
        })
    }
}
