//! A limit as configurations write it: `{count: 100, per: minute}`.

use super::Faults;
use crate::limit::{Algorithm, Limit, MAX_COUNT, MAX_LEVEL, MAX_WINDOW};
use plugin_core::prelude::*;

/// How to count, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum AlgorithmName {
    FixedWindow,
    FirstRequestWindow,
    SlidingWindow,
    Gcra,
}

/// A limit before it is known which algorithm holds where none is named.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawLimit {
    /// Units. `0` blocks all, whatever the burst.
    #[schemars(range(max = 1_000_000_000))]
    count: u64,
    /// `second`, `minute`, `hour`, `day`, or a time such as `500ms`, `90s`, `15m`, `2h`, `30d`.
    per: Per,
    /// How it counts, see below. As `algorithm` of the configuration if not given.
    algorithm: Option<AlgorithmName>,
    /// With `gcra`: units that may come at once. As `count` if not given.
    #[schemars(range(min = 1))]
    burst: Option<u64>,
}

/// A length of time in milliseconds: `second`, `minute`, `hour`, `day`, or a number with a unit, such as `90s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^(second|minute|hour|day|[0-9]+(ms|s|m|h|d))$"))]
pub(super) struct Per(pub(super) u64);

impl From<AlgorithmName> for Algorithm {
    fn from(name: AlgorithmName) -> Self {
        match name {
            AlgorithmName::FixedWindow => Self::FixedWindow,
            AlgorithmName::FirstRequestWindow => Self::FirstRequestWindow,
            AlgorithmName::SlidingWindow => Self::SlidingWindow,
            AlgorithmName::Gcra => Self::Gcra,
        }
    }
}

impl TryFrom<String> for Per {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const ALLOWED: &str = "allowed: `second`, `minute`, `hour`, `day`, or a number with `ms`, `s`, `m`, `h` or \
                               `d`, such as `90s`, up to `366d`";
        let (number, unit) = match text.as_str() {
            "second" => ("1", "s"),
            "minute" => ("1", "m"),
            "hour" => ("1", "h"),
            "day" => ("1", "d"),
            other => {
                let unit = other.trim_start_matches(|letter: char| letter.is_ascii_digit());
                (other.strip_suffix(unit).unwrap_or(other), unit)
            }
        };
        let unit: u64 = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(ALLOWED),
        };
        let window = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        window.filter(|window| (1..=MAX_WINDOW).contains(window)).map(Self).ok_or(ALLOWED)
    }
}

impl RawLimit {
    /// The limit. `path` is where it stands.
    pub(super) fn compile(&self, path: &str, default: Algorithm, faults: &mut Faults) -> Limit {
        let algorithm = self.algorithm.map_or(default, Algorithm::from);
        let limit = limit(algorithm, self.count, self.per.0, self.burst);
        if self.burst.is_some() && algorithm != Algorithm::Gcra {
            faults.add(&[
                path,
                ".burst: of use to the algorithm `gcra` only, this limit is counted by `",
                algorithm.name(),
                "`; leave it out or set `algorithm: gcra`",
            ]);
        }
        if self.burst == Some(0) {
            faults.add(&[path, ".burst: found 0, allowed: at least 1"]);
        }
        check(path, &limit, faults);
        limit
    }
}

/// A limit without a burst of its own lets its whole count come at once.
pub(super) fn limit(algorithm: Algorithm, count: u64, window: u64, burst: Option<u64>) -> Limit {
    Limit { algorithm, count, window, burst: burst.unwrap_or(count) }
}

/// Refuses what the script could not compute exactly.
pub(super) fn check(path: &str, limit: &Limit, faults: &mut Faults) {
    if limit.count > MAX_COUNT {
        let (count, most) = (limit.count.to_string(), MAX_COUNT.to_string());
        faults.add(&[path, ": found a limit of ", &count, ", allowed: up to ", &most]);
    } else if limit.algorithm == Algorithm::Gcra && limit.burst.saturating_mul(limit.window) > MAX_LEVEL {
        let most = MAX_LEVEL.checked_div(limit.window).unwrap_or(0);
        let (burst, most) = (limit.burst.to_string(), most.to_string());
        faults.add(&[path, ": found a burst of ", &burst, ", allowed with this window and `gcra`: up to ", &most]);
    }
}
