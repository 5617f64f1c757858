//! How output looks. `anstream` drops the colours where nobody would see them (a pipe, `NO_COLOR`).

use anstyle::{AnsiColor, Style};
use std::io::IsTerminal;
use std::time::Instant;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();

/// One line on the standard error that shows that something goes on: on a terminal with the seconds so far, elsewhere
/// printed once.
pub(crate) struct Progress {
    text: String,
    start: Instant,
    live: bool,
}

impl Progress {
    pub(crate) fn start(text: impl Into<String>) -> Self {
        let progress = Self { text: text.into(), start: Instant::now(), live: std::io::stderr().is_terminal() };
        if !progress.live {
            anstream::eprintln!("{} ...", progress.text);
        }
        progress
    }

    /// To be called now and then.
    pub(crate) fn tick(&self) {
        if self.live {
            anstream::eprint!("\r{} ... {} s", self.text, self.start.elapsed().as_secs());
        }
    }

    pub(crate) fn done(mut self) {
        if self.live {
            anstream::eprintln!("\r{} ... done in {} s", self.text, self.start.elapsed().as_secs());
            self.live = false;
        }
    }
}

/// What was not done failed; the message about it begins on a line of its own.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.live {
            anstream::eprintln!();
        }
    }
}

/// Bytes in words, with 1 KB = 1024 bytes.
pub(crate) fn kilobytes(bytes: usize) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1024);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Rows with their columns aligned. The first row is the heading.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let style = if number == 0 { BOLD } else { Style::new() };
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(&format!("{style}{}{style:#}\n", cells.join("  ").trim_end()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_columns() {
        let rows = [["a", "long", "x"], ["bbb", "c", "y"]].map(|row| row.map(str::to_owned));
        let text = anstream::adapter::strip_str(&table(&rows)).to_string();
        assert_eq!(text, "a    long  x\nbbb  c     y\n");
    }

    #[test]
    fn rounds_sizes_up() {
        assert_eq!(kilobytes(1024), "1.0");
        assert_eq!(kilobytes(1025), "1.1");
    }
}
