//! Median and quartiles of a handful of samples.

use std::fmt;

/// The middle of the samples and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) lower_quartile: f64,
    pub(crate) median: f64,
    pub(crate) upper_quartile: f64,
}

impl Spread {
    /// `None` without samples.
    pub(crate) fn of(samples: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = samples.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            lower_quartile: quantile(&sorted, 1)?,
            median: quantile(&sorted, 2)?,
            upper_quartile: quantile(&sorted, 3)?,
        })
    }
}

/// Like `7.31 [7.10..7.48]`.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lower_quartile, median, upper_quartile } = self;
        f.pad(&format!("{median:.2} [{lower_quartile:.2}..{upper_quartile:.2}]"))
    }
}

/// Linear interpolation between the two samples nearest to `quarters` / 4 of the way.
fn quantile(sorted: &[f64], quarters: usize) -> Option<f64> {
    let steps = sorted.len().checked_sub(1)? * quarters;
    let low = *sorted.get(steps / 4)?;
    let high = sorted.get(steps.div_ceil(4)).copied().unwrap_or(low);
    let fraction = [0.0, 0.25, 0.5, 0.75].get(steps % 4).copied().unwrap_or(0.0);
    Some(low + (high - low) * fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_middle_whatever_the_order() {
        let spread = Spread::of([5.0, 1.0, 3.0, 2.0, 4.0]).unwrap();
        assert_eq!(spread, Spread { lower_quartile: 2.0, median: 3.0, upper_quartile: 4.0 });
    }

    #[test]
    fn interpolates_between_neighbours() {
        let spread = Spread::of([1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(spread, Spread { lower_quartile: 1.75, median: 2.5, upper_quartile: 3.25 });
    }

    #[test]
    fn one_sample_is_its_own_spread_and_none_has_none() {
        assert_eq!(Spread::of([7.0]).unwrap().upper_quartile, 7.0);
        assert_eq!(Spread::of([]), None);
    }
}
