//! Finds keys that a map gives twice: one of the two values would be lost without a word.

use std::collections::BinaryHeap;

use super::path::{Here, Step, key_step};
use super::show::joined;
use super::{Faults, Node};

/// Adds a fault for each key that is given more than once, anywhere below `here`.
pub(super) fn find_duplicates(here: &Here<'_>, faults: &mut Faults) {
    match here.node {
        Node::List(items) => {
            for (index, node) in items.iter().enumerate() {
                find_duplicates(&here.child(Step::Index(index), node), faults);
            }
        }
        Node::Map(entries) => {
            let mut keys: BinaryHeap<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
            let mut reported = None;
            while let Some(key) = keys.pop() {
                if keys.peek() == Some(&key) && reported != Some(key) {
                    reported = Some(key);
                    let path = joined(&[here.path().as_str(), &key_step(key)]);
                    faults.push(path, "the key is given more than once; keep one");
                }
            }
            for (key, node) in entries {
                find_duplicates(&here.child(Step::Key(key), node), faults);
            }
        }
        _ => {}
    }
}
