//! The results for people.

use crate::catalogue::PLAIN;
use crate::results::{Results, Row, Unit};
use crate::statistics::Spread;
use crate::variant::Job;
use std::fmt;

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timed = self.unit == Unit::CpuMicroseconds;
        writeln!(
            f,
            "Median [quartiles] of {} rounds{}; \"extra\" is over the first row of the same round.",
            self.rounds,
            if timed { format!(" of {} requests", self.requests) } else { String::new() }
        )?;
        for job in Job::ALL {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.job == job).collect();
            if rows.is_empty() {
                continue;
            }
            writeln!(f, "\n{}: {}", job.name(), job.title())?;
            writeln!(
                f,
                "{:<24}{:>24}{:>24}{:>9}{:>11}{}",
                "",
                format!("{}/request", self.unit.name()),
                "extra",
                "/ plain",
                ".wasm KiB",
                if timed { format!("{:>26}{:>10}", "extra start-up ms", "KiB/VM") } else { String::new() }
            )?;
            let plain = self.row(job, PLAIN).and_then(|row| Spread::of(row.extra_cost.iter().copied()));
            for row in rows {
                row.write(f, plain, timed)?;
            }
        }
        writeln!(f)?;
        for goal in self.goals() {
            let verdict = if goal.holds() { "holds" } else { "MISSED" };
            writeln!(f, "goal {:<38}{} (at most {:.2}): {verdict}", goal.text, goal.ratio, goal.at_most)?;
        }
        Ok(())
    }
}

impl Row {
    fn write(&self, f: &mut fmt::Formatter<'_>, plain: Option<Spread>, timed: bool) -> fmt::Result {
        let shown =
            |samples: &[f64]| Spread::of(samples.iter().copied()).map_or_else(String::new, |spread| spread.to_string());
        write!(f, "{:<24}{:>24}", self.name, shown(&self.cost))?;
        if self.is_baseline {
            return writeln!(f);
        }
        let extra = Spread::of(self.extra_cost.iter().copied());
        let ratio =
            extra.zip(plain).map_or_else(String::new, |(own, plain)| format!("{:.2}", own.median / plain.median));
        let size = self.wasm_bytes.map_or_else(String::new, |bytes| (bytes / 1024).to_string());
        write!(f, "{:>24}{ratio:>9}{size:>11}", shown(&self.extra_cost))?;
        if timed {
            write!(f, "{:>26}{:>10.0}", shown(&self.extra_start_up_ms), self.extra_kib_per_vm)?;
        }
        writeln!(f)
    }
}
