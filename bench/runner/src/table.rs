//! The results for people.

use crate::catalogue::PLAIN;
use crate::results::{Results, Row};
use crate::statistics::Spread;
use crate::variant::Job;
use std::fmt;

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
                "", "CPU us/request", "extra us/request", "/ plain", "extra start-up ms", "KiB/VM", ".wasm KiB"
            )?;
            let plain = self.row(job, PLAIN).and_then(|row| Spread::of(row.extra_cpu_us.iter().copied()));
            for row in rows {
                row.write(f, plain)?;
            }
        }
        writeln!(f)?;
        for goal in self.goals() {
            let verdict = if goal.holds() { "holds" } else { "MISSED" };
            writeln!(f, "goal {:<38}{:.2} (at most {:.2}): {verdict}", goal.text, goal.ratio, goal.at_most)?;
        }
        Ok(())
    }
}

impl Row {
    fn write(&self, f: &mut fmt::Formatter<'_>, plain: Option<Spread>) -> fmt::Result {
        let shown =
            |samples: &[f64]| Spread::of(samples.iter().copied()).map_or_else(String::new, |spread| spread.to_string());
        write!(f, "{:<24}{:>24}", self.name, shown(&self.cpu_us))?;
        if self.is_baseline {
            return writeln!(f);
        }
        let extra = Spread::of(self.extra_cpu_us.iter().copied());
        let ratio =
            extra.zip(plain).map_or_else(String::new, |(own, plain)| format!("{:.2}", own.median / plain.median));
        let size = self.wasm_bytes.map_or_else(String::new, |bytes| (bytes / 1024).to_string());
        writeln!(
            f,
            "{:>24}{ratio:>9}{:>26}{:>10.0}{size:>11}",
            shown(&self.extra_cpu_us),
            shown(&self.extra_start_up_ms),
            self.extra_kib_per_vm,
        )
    }
}
