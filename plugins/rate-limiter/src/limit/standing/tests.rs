use super::*;
use proptest::prelude::*;

const MINUTE: u64 = 60_000;

fn limit(algorithm: Algorithm, count: u64, window: u64, burst: u64) -> Limit {
    Limit { algorithm, count, window, burst }
}

/// Takes as much as it can at each of the given times; returns how much passed.
fn drive(limit: &Limit, times: &[u64], cost: u64) -> Vec<u64> {
    let mut state = State::default();
    let mut passed = Vec::new();
    for now in times {
        state = limit.advance(state, *now);
        let room = limit.room(state, *now, cost);
        state = limit.take(state, room * cost);
        passed.push(room);
    }
    passed
}

#[test]
fn a_fixed_window_follows_the_clock() {
    let limit = limit(Algorithm::FixedWindow, 10, MINUTE, 0);
    assert_eq!(drive(&limit, &[59_999, 60_000, 60_001, 119_999, 120_000], 1), [10, 10, 0, 0, 10]);
    let state = limit.take(limit.advance(State::default(), 61_500), 10);
    let standing = Standing::new(&limit, state, 61_500, 1);
    assert_eq!(standing, Standing { remaining: 0, reset: 58_500, retry: Some(58_500), start: 60_000 });
}

#[test]
fn a_clock_that_is_set_back_gives_no_second_limit() {
    for algorithm in [Algorithm::FixedWindow, Algorithm::FirstRequestWindow, Algorithm::SlidingWindow] {
        let limit = limit(algorithm, 10, MINUTE, 0);
        assert_eq!(drive(&limit, &[120_000, 119_000, 90_000], 1), [10, 0, 0], "{algorithm:?}");
        // A clock that was a whole day off does not block for a day.
        assert_eq!(drive(&limit, &[86_400_000, 60_000], 1), [10, 10], "{algorithm:?}");
    }
    let limit = limit(Algorithm::Gcra, 10, MINUTE, 10);
    assert_eq!(drive(&limit, &[86_400_000, 60_000, 66_000], 1), [10, 0, 1]);
}

#[test]
fn a_first_request_window_begins_with_its_first_request() {
    let limit = limit(Algorithm::FirstRequestWindow, 10, MINUTE, 0);
    let times = [59_999, 60_000, 119_998, 119_999, 179_998];
    assert_eq!(drive(&limit, &times.map(|time| time + 1_000_000), 1), [10, 0, 0, 10, 0]);
}

#[test]
fn a_sliding_window_fades_out() {
    let limit = limit(Algorithm::SlidingWindow, 100, MINUTE, 0);
    // All of the first minute's requests still count when the second begins, half of them in its middle.
    assert_eq!(drive(&limit, &[119_999, 120_000, 150_000, 180_000], 1), [100, 0, 50, 50]);
}

#[test]
fn gcra_lets_a_burst_pass_and_then_one_at_a_time() {
    let limit = limit(Algorithm::Gcra, 60, MINUTE, 5);
    let times = [0, 999, 1_000, 1_999, 2_000, 100_000];
    assert_eq!(drive(&limit, &times.map(|time| time + 1_000_000), 1), [5, 0, 1, 0, 1, 5]);
}

#[test]
fn what_costs_more_than_the_limit_never_fits() {
    for algorithm in [Algorithm::FixedWindow, Algorithm::FirstRequestWindow, Algorithm::SlidingWindow, Algorithm::Gcra]
    {
        let limit = limit(algorithm, 10, MINUTE, 10);
        let state = limit.advance(State::default(), 1);
        assert_eq!(Standing::new(&limit, state, 1, 11).retry, None);
        assert_eq!(Standing::new(&limit, state, 1, 10).retry, Some(0));
    }
}

prop_compose! {
    fn limits()(
        kind in 0..4_usize,
        count in prop_oneof![0..20_u64, 1..=1_000_000_000_u64],
        window in prop_oneof![1..5_000_u64, Just(MINUTE), Just(86_400_000)],
        burst in 1..50_u64,
    ) -> Limit {
        let kinds =
            [Algorithm::FixedWindow, Algorithm::FirstRequestWindow, Algorithm::SlidingWindow, Algorithm::Gcra];
        limit(kinds[kind], count, window, burst)
    }
}

proptest! {
    /// No window of its kind ever takes more than the limit.
    #[test]
    fn no_more_than_the_limit_passes(
        limit in limits(),
        steps in prop::collection::vec((0..10_000_u64, 1..4_u64), 1..50),
    ) {
        let (mut now, mut state) = (1_700_000_000_000, State::default());
        let mut taken: Vec<(u64, u64)> = Vec::new();
        for (step, cost) in steps {
            now += step;
            state = limit.advance(state, now);
            let room = limit.room(state, now, cost).min(3);
            state = limit.take(state, room * cost);
            taken.push((now, room * cost));
            let since = match limit.algorithm {
                Algorithm::FixedWindow => now - now % limit.window,
                Algorithm::FirstRequestWindow => state.at,
                Algorithm::SlidingWindow | Algorithm::Gcra => continue,
            };
            let sum: u64 = taken.iter().filter(|(at, _)| *at >= since).map(|(_, units)| units).sum();
            prop_assert!(sum <= limit.count);
        }
        if limit.algorithm == Algorithm::Gcra {
            for (first, (from, _)) in taken.iter().enumerate() {
                let mut sum = 0;
                for (at, units) in &taken[first..] {
                    sum += u128::from(*units);
                    // The bound of GCRA: the burst, and what leaks out in between.
                    let bound = u128::from(limit.burst) * u128::from(limit.window) + u128::from(at - from) * u128::from(limit.count);
                    prop_assert!(sum * u128::from(limit.window) <= bound);
                }
            }
        }
    }

    /// `retry` is the first moment at which the request fits.
    #[test]
    fn retry_is_exact(
        limit in limits(),
        steps in prop::collection::vec((0..10_000_u64, 1..4_u64), 1..20),
        cost in 1..4_u64,
    ) {
        let (mut now, mut state) = (1_700_000_000_000, State::default());
        for (step, cost) in steps {
            now += step;
            state = limit.advance(state, now);
            let room = limit.room(state, now, cost);
            state = limit.take(state, room * cost);
        }
        let Some(retry) = Standing::new(&limit, state, now, cost).retry else {
            prop_assert!(cost > limit.capacity());
            return Ok(());
        };
        let fits = |after: u64| limit.room(limit.advance(state, now + after), now + after, cost) > 0;
        prop_assert!(fits(retry), "not after {retry} ms");
        prop_assert!(retry == 0 || !fits(retry - 1), "earlier than after {retry} ms");
    }

    /// Forgetting a state after its life changes nothing.
    #[test]
    fn a_state_is_worth_nothing_after_its_life(limit in limits(), taken in 1..100_u64, at in 0..10_000_u64) {
        let now = 1_700_000_000_000 + at;
        let state = limit.advance(State::default(), now);
        let state = limit.take(state, taken.min(limit.room(state, now, 1)));
        let later = now + limit.life(state, now);
        prop_assert_eq!(
            limit.room(limit.advance(state, later), later, 1),
            limit.room(limit.advance(State::default(), later), later, 1)
        );
    }
}
