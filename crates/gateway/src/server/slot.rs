//! A listener's place on a thread: connections look here for what is in force when a request comes.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::watch;

use super::plugins::Plugins;
use super::site::Site;

/// Where connections of a listener find its site.
pub(super) struct Slot {
    pub(super) plugins: Rc<Plugins>,
    site: RefCell<Rc<Site>>,
    closed: watch::Sender<bool>,
}

impl Slot {
    pub(super) fn new(plugins: Rc<Plugins>, site: Rc<Site>) -> Self {
        Self { plugins, site: RefCell::new(site), closed: watch::Sender::new(false) }
    }

    /// What is in force now.
    pub(super) fn site(&self) -> Rc<Site> {
        Rc::clone(&self.site.borrow())
    }

    /// From now on requests find this.
    pub(super) fn replace(&self, site: Rc<Site>) {
        *self.site.borrow_mut() = site;
    }

    /// The listener is gone: connections end after what is under way.
    pub(super) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Tells when the listener is gone.
    pub(super) fn closed(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    pub(super) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }
}
