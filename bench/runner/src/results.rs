//! The figures of each variant against its baseline, and the goals they are held against.

use crate::catalogue::{OURS, OURS_NO_RULE, PLAIN};
use crate::fetch::{EXT_AUTHZ, OURS_CACHED};
use crate::options::Options;
use crate::statistics::Spread;
use crate::variant::{Job, Variant};
use serde_json::{Value, json};

/// Everything measured, ready to print.
pub(crate) struct Results {
    pub(crate) rows: Vec<Row>,
    pub(crate) rounds: usize,
    pub(crate) requests: usize,
    pub(crate) unit: Unit,
}

/// What the cost of a request is counted in.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Unit {
    CpuMicroseconds,
    KiloInstructions,
}

/// One variant. What is called extra is over the baseline of the same job and round.
pub(crate) struct Row {
    pub(crate) job: Job,
    pub(crate) name: String,
    pub(crate) is_baseline: bool,
    /// For one request, in the unit of the results.
    pub(crate) cost: Vec<f64>,
    pub(crate) extra_cost: Vec<f64>,
    pub(crate) extra_start_up_ms: Vec<f64>,
    pub(crate) extra_kib_per_vm: f64,
    pub(crate) wasm_bytes: Option<u64>,
}

/// The raw figures, each list in the order of the variants, or empty when not measured.
#[derive(Default)]
pub(crate) struct Figures {
    /// By round, and there by variant, all that was measured.
    pub(crate) cost: Vec<Vec<Vec<f64>>>,
    /// By start.
    pub(crate) start_up_ms: Vec<Vec<f64>>,
    pub(crate) kib_per_vm: Vec<f64>,
}

impl Results {
    pub(crate) fn new(options: &Options, variants: &[Variant], figures: &Figures) -> Self {
        let rows = variants.iter().enumerate().map(|(index, variant)| {
            let is_base = |other: &Variant| other.job == variant.job && other.is_baseline();
            let base = variants.iter().position(is_base).unwrap_or(index);
            let kib = |index: usize| figures.kib_per_vm.get(index).copied().unwrap_or_default();
            Row {
                job: variant.job,
                name: variant.name.clone(),
                is_baseline: variant.is_baseline(),
                cost: of_rounds(&figures.cost, |round| median(round.get(index)?.iter().copied())),
                extra_cost: of_rounds(&figures.cost, |round| extra(round.get(index)?, round.get(base)?)),
                extra_start_up_ms: differences(&figures.start_up_ms, index, base),
                extra_kib_per_vm: kib(index) - kib(base),
                wasm_bytes: variant.wasm_bytes(),
            }
        });
        let unit = if options.instructions { Unit::KiloInstructions } else { Unit::CpuMicroseconds };
        Self { rows: rows.collect(), rounds: options.rounds, requests: options.requests, unit }
    }

    /// All figures, round by round.
    pub(crate) fn to_json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "job": row.job.name(),
                    "variant": row.name,
                    "cost": row.cost,
                    "extra_cost": row.extra_cost,
                    "extra_start_up_ms": row.extra_start_up_ms,
                    "extra_kib_per_vm": row.extra_kib_per_vm,
                    "wasm_bytes": row.wasm_bytes,
                })
            })
            .collect();
        let goals: Vec<Value> = self
            .goals()
            .map(|goal| {
                json!({
                    "goal": goal.text,
                    "ratio": goal.ratio.median,
                    "quartiles": [goal.ratio.lower_quartile, goal.ratio.upper_quartile],
                    "at_most": goal.at_most,
                    "holds": goal.holds(),
                })
            })
            .collect();
        json!({
            "rounds": self.rounds,
            "requests": self.requests,
            "cost": self.unit.name(),
            "variants": rows,
            "goals": goals,
        })
    }

    pub(crate) fn row(&self, job: Job, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.job == job && row.name == name)
    }

    /// The goals whose variants were measured.
    pub(crate) fn goals(&self) -> impl Iterator<Item = Goal> {
        let cost: fn(&Row) -> &[f64] = |row| &row.extra_cost;
        let start_up: fn(&Row) -> &[f64] = |row| &row.extra_start_up_ms;
        [
            ("header: ours / plain", Job::Header, OURS, PLAIN, cost, 0.85),
            ("header: no rule matches / plain", Job::Header, OURS_NO_RULE, PLAIN, cost, 1.0),
            ("header: ours / plain, start-up", Job::Header, OURS, PLAIN, start_up, 1.0),
            ("mock: ours / plain", Job::Mock, OURS, PLAIN, cost, 0.9),
            ("mock: ours / plain, start-up", Job::Mock, OURS, PLAIN, start_up, 1.0),
            ("fetch: ours / plain", Job::Fetch, OURS, PLAIN, cost, 1.0),
            ("fetch: warm cache / ext_authz", Job::Fetch, OURS_CACHED, EXT_AUTHZ, cost, 0.33),
        ]
        .into_iter()
        .filter_map(|(text, job, ours, theirs, figure, at_most)| {
            Some(Goal { text, ratio: ratio(figure(self.row(job, ours)?), figure(self.row(job, theirs)?))?, at_most })
        })
    }
}

impl Unit {
    /// As tables and JSON name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CpuMicroseconds => "CPU us",
            Self::KiloInstructions => "1000 instr.",
        }
    }
}

fn of_rounds(rounds: &[Vec<Vec<f64>>], figure: impl Fn(&[Vec<f64>]) -> Option<f64>) -> Vec<f64> {
    rounds.iter().filter_map(|round| figure(round)).collect()
}

/// What `own` has over `base`, each figure against the one of the same turn: the machine's speed changes within a round,
/// and a difference of two medians would be as much its as the filter's.
fn extra(own: &[f64], base: &[f64]) -> Option<f64> {
    median(own.iter().zip(base).map(|(own, base)| own - base))
}

fn median(samples: impl Iterator<Item = f64>) -> Option<f64> {
    Some(Spread::of(samples)?.median)
}

fn column(rounds: &[Vec<f64>], index: usize) -> Vec<f64> {
    rounds.iter().filter_map(|round| round.get(index).copied()).collect()
}

fn differences(rounds: &[Vec<f64>], index: usize, base: usize) -> Vec<f64> {
    let pairs = column(rounds, index).into_iter().zip(column(rounds, base));
    pairs.map(|(own, base)| own - base).collect()
}

/// What `own` is of `other` in each round: a slow round is slow for both.
fn ratio(own: &[f64], other: &[f64]) -> Option<Spread> {
    Spread::of(own.iter().zip(other).map(|(own, other)| own / other))
}

/// A ratio and its limit.
pub(crate) struct Goal {
    pub(crate) text: &'static str,
    pub(crate) ratio: Spread,
    pub(crate) at_most: f64,
}

impl Goal {
    pub(crate) fn holds(&self) -> bool {
        self.ratio.median <= self.at_most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_is_over_the_baseline_of_the_same_turn() {
        // The machine is slow in the second turn and slower in the third; the filter costs 5 throughout.
        assert_eq!(extra(&[15.0, 25.0, 45.0], &[10.0, 20.0, 40.0]), Some(5.0));
        assert_eq!(extra(&[], &[]), None);
    }

    #[test]
    fn a_ratio_is_of_figures_of_the_same_round() {
        // The machine is slow in the second round; in the third it was while the other's turn was. The medians' ratio is 0.4.
        let spread = ratio(&[8.0, 16.0, 8.0], &[10.0, 20.0, 20.0]).unwrap();
        assert_eq!((spread.median, spread.upper_quartile), (0.8, 0.8));
        assert_eq!(ratio(&[], &[]), None);
    }
}
