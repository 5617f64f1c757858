//! Finds all faults of a configuration, although serde stops at the first.
//!
//! A pass reads the whole tree into the plugin's type and ends at a fault. That fault is noted, and the next pass steps
//! around it: in a list or a free map the value at fault is left out, for a field of a struct a harmless stand-in is
//! read in its place, and stand-ins come last. If a type accepts no stand-in, or checks its parts against each other,
//! the whole value around the fault is stepped around in the same way.
//! Passes end when the root is reached, when one succeeds, or after enough faults.
//!
//! Two kinds of faults stay unseen until others are corrected, because no reported fault may be a false one:
//! a missing key beside a value that accepts no stand-in, and a check across values of which one is at fault.

use serde::de::DeserializeOwned;

use super::de::De;
use super::error::{Error, Placed, Spot};
use super::path::Here;
use super::{Fault, Faults, Node};

/// Faults that are reported at most. More help nobody at once.
const MAX_FAULTS: usize = 50;
/// Each fault costs a pass, or a few when stand-ins are refused.
const MAX_PASSES: usize = 8 * MAX_FAULTS;
/// Stand-ins that are tried for one value.
const STAND_INS: u8 = 3;

/// Reads a configuration into the plugin's own type.
///
/// # Errors
///
/// Every fault with its path, up to 50 of them.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, Faults> {
    let mut survey = Survey::default();
    loop {
        // Here is all that is compiled anew for each plugin's type.
        let error = match T::deserialize(&De::new(Here::root(node), &survey.marks)) {
            Ok(value) if survey.faults.is_empty() => return Ok(value),
            result => result.err(),
        };
        if !survey.goes_on(error, node) {
            return Err(survey.into_faults(node));
        }
    }
}

/// A spot that passes step around.
pub(super) struct Mark {
    spot: Spot,
    /// Which stand-in is tried, from 1.
    stand_in: u8,
    unknown_key: bool,
    meant: Option<String>,
}

/// How an entry of a list or map is to be read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reading {
    /// As it is, although there may be known faults further down.
    Itself,
    StandIn(u8),
    LeaveOut,
}

#[derive(Default)]
struct Survey {
    faults: Vec<(Spot, Fault)>,
    marks: Vec<Mark>,
    passes: usize,
}

impl Survey {
    /// Notes what went wrong in a pass. False if another one would find nothing new.
    #[inline(never)]
    fn goes_on(&mut self, error: Option<Error>, root: &Node) -> bool {
        self.passes += 1;
        let (known, mut more) = (self.marks.len(), false);
        for placed in error.into_iter().flat_map(|error| error.into_placed(&Here::root(root))) {
            more |= self.learn(placed, known);
        }
        more && self.faults.len() < MAX_FAULTS && self.passes < MAX_PASSES
    }

    /// Notes one fault of a pass that was made with the first `known` marks. What that pass found elsewhere does not
    /// explain this fault, for both were found independently.
    fn learn(&mut self, placed: Placed, known: usize) -> bool {
        let Placed { faults, spot, meant, unknown_key } = placed;
        if let Some(mark) = self.marks.iter_mut().take(known).find(|mark| mark.spot == spot) {
            mark.stand_in = mark.stand_in.saturating_add(1);
            return mark.stand_in <= STAND_INS || self.give_up(&spot);
        }
        if !self.follows_from_known(&spot, known) {
            let spots = std::iter::repeat(&spot).cloned();
            self.faults.extend(spots.zip(faults));
        }
        self.mark(spot, unknown_key, meant)
    }

    /// The faults in the order of the text.
    fn into_faults(mut self, root: &Node) -> Faults {
        let full = self.faults.len() >= MAX_FAULTS;
        // A key may have turned out to be misspelt only after it was missed.
        let mut faults = std::mem::take(&mut self.faults);
        faults.retain(|(spot, _)| spot.missing.is_none() || !self.follows_from_known(spot, self.marks.len()));
        let mut ordered = Faults::default();
        put_in_order(root, &faults, &mut ordered);
        if full {
            ordered.push("$", "only the first faults are listed; more may show once these are corrected");
        }
        ordered
    }

    /// True if a fault among the first `known` may well be the reason of this one.
    fn follows_from_known(&self, spot: &Spot, known: usize) -> bool {
        let node = spot.trail.last();
        self.marks.iter().take(known).any(|mark| match spot.missing {
            // A surplus key means nothing for the rest, unless it was meant to be another.
            None if mark.unknown_key && mark.meant.is_none() => false,
            None => node.is_some_and(|node| mark.spot.trail.contains(node)),
            // The key is there, but it is misspelt, or its value is at fault and was left out.
            Some(key) => mark.meant.as_deref() == Some(key) && mark.spot.trail.iter().rev().nth(1) == node,
        })
    }

    /// Steps around the value that holds `spot`, because it cannot be read whatever stands at `spot`.
    fn give_up(&mut self, spot: &Spot) -> bool {
        let mut trail = spot.trail.clone();
        if spot.missing.is_none() {
            trail.pop();
        }
        let around = Spot { trail, missing: None };
        !self.marks.iter().any(|mark| mark.spot == around) && self.mark(around, false, None)
    }

    fn mark(&mut self, spot: Spot, unknown_key: bool, meant: Option<String>) -> bool {
        // The root has nothing around it that could still be read.
        if spot.trail.len() < 2 && spot.missing.is_none() {
            return false;
        }
        self.marks.push(Mark { spot, stand_in: 1, unknown_key, meant });
        true
    }
}

fn put_in_order(node: &Node, faults: &[(Spot, Fault)], ordered: &mut Faults) {
    for (spot, fault) in faults {
        if spot.trail.last() == Some(&std::ptr::from_ref(node)) {
            ordered.push(fault.path.as_str(), fault.message.as_str());
        }
    }
    match node {
        Node::List(items) => items.iter().for_each(|item| put_in_order(item, faults, ordered)),
        Node::Map(entries) => entries.iter().for_each(|(_, value)| put_in_order(value, faults, ordered)),
        _ => {}
    }
}

// === impl Mark ===

impl Mark {
    /// How to read `node`. In lists and free maps (`optional`) what is at fault can be left out.
    pub(super) fn reading(marks: &[Mark], node: &Node, optional: bool) -> Reading {
        let spot_is_node =
            |mark: &&Mark| mark.spot.missing.is_none() && mark.spot.trail.last() == Some(&std::ptr::from_ref(node));
        match marks.iter().find(spot_is_node) {
            None => Reading::Itself,
            Some(mark) if optional || mark.unknown_key => Reading::LeaveOut,
            Some(mark) => Reading::StandIn(mark.stand_in),
        }
    }

    /// The next key that is missing in `node`, from number `skip` on, with the stand-in to try and its own number.
    pub(super) fn missing_in(marks: &[Mark], node: &Node, skip: usize) -> Option<(usize, &'static str, u8)> {
        marks.iter().enumerate().skip(skip).find_map(|(index, mark)| {
            let here = mark.spot.trail.last() == Some(&std::ptr::from_ref(node));
            mark.spot.missing.filter(|_| here).map(|key| (index, key, mark.stand_in))
        })
    }
}
