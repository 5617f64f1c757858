//! Shared queues: plugins pass bytes to each other across machines and workers.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use super::locked;
use crate::abi::Status;

/// The elements that one queue may hold. A gateway has no bound.
pub(crate) const MOST_ELEMENTS: usize = 65_536;
/// The bytes that one queue may hold. A gateway has no bound.
const MOST_BYTES: usize = 64 << 20;
/// The queues of one process. A gateway has no bound.
const MOST_QUEUES: usize = 4_096;

/// Queues by vm_id and name.
#[derive(Debug, Default)]
pub struct Queues(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    tokens: HashMap<(String, Vec<u8>), u32>,
    queues: HashMap<u32, Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    elements: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Queues {
    /// The token of a queue, which is made when there is none yet.
    ///
    /// # Errors
    /// [`Status::InternalFailure`] when there are too many queues.
    pub fn register(&self, vm_id: &str, name: &[u8]) -> Result<u32, Status> {
        let mut all = locked(&self.0);
        let key = (vm_id.to_owned(), name.to_vec());
        if let Some(token) = all.tokens.get(&key) {
            return Ok(*token);
        }
        if all.queues.len() >= MOST_QUEUES {
            return Err(Status::InternalFailure);
        }
        let token = u32::try_from(all.queues.len() + 1).map_err(|_| Status::InternalFailure)?;
        all.tokens.insert(key, token);
        all.queues.insert(token, Queue::default());
        Ok(token)
    }

    /// The token of a queue that someone registered.
    pub fn resolve(&self, vm_id: &str, name: &[u8]) -> Option<u32> {
        locked(&self.0).tokens.get(&(vm_id.to_owned(), name.to_vec())).copied()
    }

    /// Puts an element at the end.
    ///
    /// # Errors
    /// [`Status::NotFound`] for an unknown token, [`Status::InternalFailure`] when the queue is full.
    pub fn enqueue(&self, token: u32, element: Vec<u8>) -> Result<(), Status> {
        let mut all = locked(&self.0);
        let queue = all.queues.get_mut(&token).ok_or(Status::NotFound)?;
        if queue.elements.len() >= MOST_ELEMENTS || queue.bytes + element.len() > MOST_BYTES {
            return Err(Status::InternalFailure);
        }
        queue.bytes += element.len();
        queue.elements.push_back(element);
        Ok(())
    }

    /// Takes the first element.
    ///
    /// # Errors
    /// [`Status::NotFound`] for an unknown token, [`Status::Empty`] when nothing is queued.
    pub fn dequeue(&self, token: u32) -> Result<Vec<u8>, Status> {
        let mut all = locked(&self.0);
        let queue = all.queues.get_mut(&token).ok_or(Status::NotFound)?;
        let element = queue.elements.pop_front().ok_or(Status::Empty)?;
        queue.bytes -= element.len();
        Ok(element)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_out_in_order() {
        let queues = Queues::default();
        let token = queues.register("", b"q").unwrap();
        assert_eq!(queues.register("", b"q"), Ok(token));
        assert_eq!(queues.resolve("", b"q"), Some(token));
        assert_eq!(queues.resolve("other", b"q"), None);
        queues.enqueue(token, b"1".to_vec()).unwrap();
        queues.enqueue(token, b"2".to_vec()).unwrap();
        assert_eq!(queues.dequeue(token).unwrap(), b"1");
        assert_eq!(queues.dequeue(token).unwrap(), b"2");
        assert_eq!(queues.dequeue(token), Err(Status::Empty));
    }

    #[test]
    fn a_token_that_nobody_has_is_not_found() {
        assert_eq!(Queues::default().enqueue(7, Vec::new()), Err(Status::NotFound));
        assert_eq!(Queues::default().dequeue(7), Err(Status::NotFound));
    }

    #[test]
    fn a_full_queue_refuses() {
        let queues = Queues::default();
        let token = queues.register("", b"q").unwrap();
        queues.enqueue(token, vec![0; MOST_BYTES]).unwrap();
        assert_eq!(queues.enqueue(token, vec![0]), Err(Status::InternalFailure));
    }
}
