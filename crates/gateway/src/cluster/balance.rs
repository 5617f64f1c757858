//! Which host of a cluster takes the next request.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

use super::host::Host;
use crate::bootstrap::LbPolicy;

pub(super) fn choose<'a>(hosts: &'a [Rc<Host>], policy: LbPolicy, next: &Cell<usize>) -> Option<&'a Rc<Host>> {
    match policy {
        LbPolicy::RoundRobin => {
            let turn = next.get();
            next.set(turn.wrapping_add(1));
            hosts.get(turn.checked_rem(hosts.len())?)
        }
        LbPolicy::Random => any(hosts),
        LbPolicy::LeastRequest => {
            let (one, other) = (any(hosts)?, any(hosts)?);
            Some(if one.active() <= other.active() { one } else { other })
        }
    }
}

fn any(hosts: &[Rc<Host>]) -> Option<&Rc<Host>> {
    // Each `RandomState` has other keys: random enough to spread load.
    let number = usize::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or_default();
    hosts.get(number.checked_rem(hosts.len())?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn hosts() -> Vec<Rc<Host>> {
        (1..=3).map(|port| Rc::new(Host::new(([127, 0, 0, 1], port).into(), String::new()))).collect()
    }

    #[test]
    fn each_host_has_its_turn() {
        let (hosts, next) = (hosts(), Cell::new(0));
        let port = || choose(&hosts, LbPolicy::RoundRobin, &next).unwrap().address().port();
        assert_eq!([port(), port(), port(), port()], [1, 2, 3, 1]);
    }

    #[test]
    fn chance_meets_all_and_nothing_has_no_host() {
        for policy in [LbPolicy::Random, LbPolicy::LeastRequest] {
            let (hosts, next) = (hosts(), Cell::new(0));
            let seen: HashSet<u16> =
                (0..1000).map(|_| choose(&hosts, policy, &next).unwrap().address().port()).collect();
            assert_eq!(seen.len(), 3);
            assert!(choose(&[], policy, &next).is_none());
        }
        assert!(choose(&[], LbPolicy::RoundRobin, &Cell::new(0)).is_none());
    }

    #[test]
    fn a_busy_host_is_met_only_when_both_tries_meet_it() {
        let hosts = hosts();
        let _busy = hosts[0].begin();
        let met =
            (0..3000).filter(|_| choose(&hosts, LbPolicy::LeastRequest, &Cell::new(0)).unwrap().address().port() == 1);
        // A ninth of the time instead of a third.
        assert!(met.count() < 700);
    }
}
