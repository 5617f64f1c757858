//! How a line looks: the part of spdlog's patterns that people use with Envoy's `--log-format`.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use super::Level;

/// Envoy's format, without the place in its source.
const DEFAULT: &str = "[%Y-%m-%d %T.%e][%t][%l][%n] %v";
const SECONDS_OF_DAY: u64 = 24 * 60 * 60;

/// A pattern for lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format(String);

/// What a line says.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// When.
    pub time: SystemTime,
    /// How important.
    pub level: Level,
    /// Who.
    pub component: &'a str,
    /// What.
    pub text: fmt::Arguments<'a>,
}

impl Default for Format {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl From<&str> for Format {
    fn from(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }
}

impl Format {
    /// The line without its end. A flag that is not known stays as it is written.
    pub fn line(&self, line: &Line<'_>, colour: bool) -> String {
        let mut out = String::with_capacity(128);
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            let mut flags = after.chars();
            match flags.next() {
                Some(flag) => line.flag(flag, colour, &mut out),
                None => out.push('%'),
            }
            rest = flags.as_str();
        }
        out.push_str(rest);
        out
    }
}

impl Line<'_> {
    fn flag(&self, flag: char, colour: bool, out: &mut String) {
        let date = Date::of(self.time);
        // Writing to a string does not fail.
        let _ = match flag {
            'v' => write!(out, "{}", self.text),
            'l' if colour => write!(out, "{}{}\x1b[m", colour_of(self.level), self.level),
            'l' => write!(out, "{}", self.level),
            'L' => write!(out, "{}", self.level.name().chars().take(1).collect::<String>().to_uppercase()),
            'n' => write!(out, "{}", self.component),
            't' => write!(out, "{}", thread()),
            'P' => write!(out, "{}", std::process::id()),
            'Y' => write!(out, "{:04}", date.year),
            'm' => write!(out, "{:02}", date.month),
            'd' => write!(out, "{:02}", date.day),
            'H' => write!(out, "{:02}", date.second / 3600),
            'M' => write!(out, "{:02}", date.second / 60 % 60),
            'S' => write!(out, "{:02}", date.second % 60),
            'T' => write!(out, "{:02}:{:02}:{:02}", date.second / 3600, date.second / 60 % 60, date.second % 60),
            'e' => write!(out, "{:03}", date.microsecond / 1000),
            'f' => write!(out, "{:06}", date.microsecond),
            '%' => write!(out, "%"),
            // Where colour begins and ends, and places in the source: Envoy's own are of no use here.
            '^' | '$' | 'g' | 's' | '#' | '!' => Ok(()),
            other => write!(out, "%{other}"),
        };
    }
}

fn colour_of(level: Level) -> &'static str {
    match level {
        Level::Trace | Level::Debug => "\x1b[2m",
        Level::Info | Level::Off => "\x1b[32m",
        Level::Warn => "\x1b[33m",
        Level::Error | Level::Critical => "\x1b[31m",
    }
}

/// A number for the thread that writes; the first that does has 1.
fn thread() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    thread_local!(static OWN: Cell<u32> = const { Cell::new(0) });
    OWN.with(|own| {
        if own.get() == 0 {
            own.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        own.get()
    })
}

/// A moment in UTC.
#[derive(Debug, PartialEq, Eq)]
struct Date {
    year: u64,
    month: u64,
    day: u64,
    second: u64,
    microsecond: u32,
}

impl Date {
    fn of(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let (days, second) = (since.as_secs() / SECONDS_OF_DAY, since.as_secs() % SECONDS_OF_DAY);
        // Counted from 1 March of year 0, so that a leap day is the last of its year; 400 years are 146,097 days.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
            second,
            microsecond: since.subsec_micros(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn written(pattern: &str, seconds: u64) -> String {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(78_901);
        let text = format_args!("hello");
        Format::from(pattern).line(&Line { time, level: Level::Warn, component: "wasm", text }, false)
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let date = |seconds| written("%Y-%m-%d %H:%M:%S", seconds);
        assert_eq!(date(0), "1970-01-01 00:00:00");
        assert_eq!(date(951_782_400), "2000-02-29 00:00:00");
        assert_eq!(date(951_868_799), "2000-02-29 23:59:59");
        assert_eq!(date(951_868_800), "2000-03-01 00:00:00");
        assert_eq!(date(1_795_270_757), "2026-11-21 14:19:17");
        assert_eq!(date(4_107_542_400), "2100-03-01 00:00:00");
    }

    #[test]
    fn a_line_looks_as_envoy_writes_it() {
        let line = written(DEFAULT, 1_795_270_757);
        let (date, rest) = line.split_at(25);
        assert_eq!(date, "[2026-11-21 14:19:17.078]");
        assert!(rest.ends_with("][warning][wasm] hello"), "{line}");
        assert_eq!(written("%l|%n|%v", 0), "warning|wasm|hello");
        assert_eq!(written("%L 100%% %q %f%", 0), "W 100% %q 078901%");
    }
}
