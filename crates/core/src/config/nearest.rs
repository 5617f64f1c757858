//! Guesses which known word a misspelt one was meant to be.

/// The known word nearest to `word`, if it is near enough to be a likely slip. Case does not count.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let longest = word.len().min(64);
    let mut best = None;
    let mut best_distance = longest / 3 + 1;
    for candidate in known {
        let distance = distance(word.as_bytes(), candidate.as_bytes());
        if distance < best_distance || (distance == best_distance && best.is_none()) {
            best_distance = distance;
            best = Some(*candidate);
        }
    }
    best
}

/// Letters to insert, delete, replace or swap with their neighbour to get from `left` to `right`.
fn distance(left: &[u8], right: &[u8]) -> usize {
    if left.len() > 64 || right.len() > 64 {
        return usize::MAX;
    }
    // Rows of the usual table, three of them because a swap looks two back.
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    let mut swapped_from = None;
    for (row, a) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        let mut previous_b = None;
        for (column, b) in right.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let same = a.eq_ignore_ascii_case(b);
            let mut least = (at(&above, column) + usize::from(!same)).min(at(&above, column + 1) + 1);
            least = least.min(at(&current, column) + 1);
            if swapped_from == Some(b.to_ascii_lowercase()) && previous_b == Some(a.to_ascii_lowercase()) {
                least = least.min(at(&before, column.wrapping_sub(1)).saturating_add(1));
            }
            current.push(least);
            previous_b = Some(b.to_ascii_lowercase());
        }
        before = std::mem::replace(&mut above, current);
        swapped_from = Some(a.to_ascii_lowercase());
    }
    above.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_other_spellings() {
        let known = ["mockEnable", "statusCode", "body", "headers"];
        assert_eq!(nearest("mockEnabel", &known), Some("mockEnable"));
        assert_eq!(nearest("status_code", &known), Some("statusCode"));
        assert_eq!(nearest("STATUSCODE", &known), Some("statusCode"));
        assert_eq!(nearest("boyd", &known), Some("body"));
        assert_eq!(nearest("header", &known), Some("headers"));
    }

    #[test]
    fn does_not_guess_wildly() {
        assert_eq!(nearest("timeout", &["body", "headers"]), None);
        assert_eq!(nearest("x", &[]), None);
        assert_eq!(nearest(&"x".repeat(10_000), &["x"]), None);
    }

    #[test]
    fn counts_edits() {
        assert_eq!(distance(b"", b"abc"), 3);
        assert_eq!(distance(b"abc", b""), 3);
        assert_eq!(distance(b"kitten", b"sitting"), 3);
        assert_eq!(distance(b"ab", b"ba"), 1);
    }
}
