//! The table, the goals, and the same as JSON.

use crate::options::Options;
use crate::statistics::Spread;
use crate::variant::{Job, OURS, OURS_NO_RULE, PLAIN, Variant};
use serde_json::{Value, json};
use std::fmt;

/// Everything measured, ready to print.
pub(crate) struct Results {
    rows: Vec<Row>,
    rounds: usize,
    requests: usize,
}

/// One variant. What is called extra is the difference to the baseline of the same job and round.
struct Row {
    job: Job,
    name: String,
    is_baseline: bool,
    cpu_us: Vec<f64>,
    extra_cpu_us: Vec<f64>,
    extra_start_up_ms: Vec<f64>,
    extra_kib_per_vm: f64,
    wasm_bytes: Option<u64>,
}

/// The raw figures, each list in the order of the variants.
pub(crate) struct Figures {
    /// By round.
    pub(crate) cpu_us: Vec<Vec<f64>>,
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
                cpu_us: column(&figures.cpu_us, index),
                extra_cpu_us: differences(&figures.cpu_us, index, base),
                extra_start_up_ms: differences(&figures.start_up_ms, index, base),
                extra_kib_per_vm: kib(index) - kib(base),
                wasm_bytes: variant
                    .wasm()
                    .and_then(|file| Some(file.metadata().ok()?.len())),
            }
        });
        Self {
            rows: rows.collect(),
            rounds: options.rounds,
            requests: options.requests,
        }
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
                    "cpu_us": row.cpu_us,
                    "extra_cpu_us": row.extra_cpu_us,
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
                    "ratio": goal.ratio,
                    "at_most": goal.at_most,
                    "holds": goal.holds(),
                })
            })
            .collect();
        json!({ "rounds": self.rounds, "requests": self.requests, "variants": rows, "goals": goals })
    }

    fn row(&self, job: Job, name: &str) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.job == job && row.name == name)
    }

    /// The goals whose variants were measured.
    fn goals(&self) -> impl Iterator<Item = Goal> {
        let cpu: fn(&Row) -> &[f64] = |row| &row.extra_cpu_us;
        let start_up: fn(&Row) -> &[f64] = |row| &row.extra_start_up_ms;
        [
            (
                "header: ours / plain, CPU",
                Job::Header,
                OURS,
                PLAIN,
                cpu,
                0.85,
            ),
            (
                "header: no rule matches / ours, CPU",
                Job::Header,
                OURS_NO_RULE,
                OURS,
                cpu,
                1.0,
            ),
            (
                "header: ours / plain, start-up",
                Job::Header,
                OURS,
                PLAIN,
                start_up,
                1.0,
            ),
            ("mock: ours / plain, CPU", Job::Mock, OURS, PLAIN, cpu, 0.9),
            (
                "mock: ours / plain, start-up",
                Job::Mock,
                OURS,
                PLAIN,
                start_up,
                1.0,
            ),
        ]
        .into_iter()
        .filter_map(|(text, job, ours, theirs, figure, at_most)| {
            let ours = Spread::of(figure(self.row(job, ours)?).iter().copied())?;
            let theirs = Spread::of(figure(self.row(job, theirs)?).iter().copied())?;
            Some(Goal {
                text,
                ratio: ours.median / theirs.median,
                at_most,
            })
        })
    }
}

fn column(rounds: &[Vec<f64>], index: usize) -> Vec<f64> {
    rounds
        .iter()
        .filter_map(|round| round.get(index).copied())
        .collect()
}

fn differences(rounds: &[Vec<f64>], index: usize, base: usize) -> Vec<f64> {
    let pairs = column(rounds, index).into_iter().zip(column(rounds, base));
    pairs.map(|(own, base)| own - base).collect()
}

/// A ratio of two medians and its limit.
struct Goal {
    text: &'static str,
    ratio: f64,
    at_most: f64,
}

impl Goal {
    fn holds(&self) -> bool {
        self.ratio <= self.at_most
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Median [quartiles] of {} rounds of {} requests; \"extra\" is over the first row of the same round.",
            self.rounds, self.requests
        )?;
        for job in Job::ALL {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.job == job).collect();
            if rows.is_empty() {
                continue;
            }
            writeln!(f, "\n{}: {}", job.name(), job.title())?;
            writeln!(
                f,
                "{:<24}{:>24}{:>24}{:>9}{:>26}{:>10}{:>11}",
                "",
                "CPU us/request",
                "extra us/request",
                "/ plain",
                "extra start-up ms",
                "KiB/VM",
                ".wasm KiB"
            )?;
            let plain = self
                .row(job, PLAIN)
                .and_then(|row| Spread::of(row.extra_cpu_us.iter().copied()));
            for row in rows {
                row.write(f, plain)?;
            }
        }
        writeln!(f)?;
        for goal in self.goals() {
            let verdict = if goal.holds() { "holds" } else { "MISSED" };
            writeln!(
                f,
                "goal {:<38}{:.2} (at most {:.2}): {verdict}",
                goal.text, goal.ratio, goal.at_most
            )?;
        }
        Ok(())
    }
}

impl Row {
    fn write(&self, f: &mut fmt::Formatter<'_>, plain: Option<Spread>) -> fmt::Result {
        let shown = |samples: &[f64]| {
            Spread::of(samples.iter().copied())
                .map_or_else(String::new, |spread| spread.to_string())
        };
        write!(f, "{:<24}{:>24}", self.name, shown(&self.cpu_us))?;
        if self.is_baseline {
            return writeln!(f);
        }
        let extra = Spread::of(self.extra_cpu_us.iter().copied());
        let ratio = extra.zip(plain).map_or_else(String::new, |(own, plain)| {
            format!("{:.2}", own.median / plain.median)
        });
        let size = self
            .wasm_bytes
            .map_or_else(String::new, |bytes| (bytes / 1024).to_string());
        writeln!(
            f,
            "{:>24}{ratio:>9}{:>26}{:>10.0}{size:>11}",
            shown(&self.extra_cpu_us),
            shown(&self.extra_start_up_ms),
            self.extra_kib_per_vm,
        )
    }
}
