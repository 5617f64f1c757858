//! Lets the HTTP library start its tasks on the thread that serves the connection.

use std::future::Future;

use hyper::rt::Executor;

/// Starts tasks on this thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalExec;

impl<F: Future<Output: 'static> + 'static> Executor<F> for LocalExec {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(task);
    }
}
