//! The request as subjects see it.

use crate::subject::Facts;
use plugin_core::{HeaderValue, Request, property};

/// A request of the gateway.
pub(crate) struct Seen<'a>(pub(crate) &'a Request);

impl Facts for Seen<'_> {
    fn header(&self, name: &str) -> Option<String> {
        self.0.headers().get(name).as_ref().map(HeaderValue::to_string)
    }

    fn headers(&self, name: &str) -> Vec<String> {
        self.0.headers().get_all(name).iter().map(HeaderValue::to_string).collect()
    }

    fn query(&self) -> Option<String> {
        self.0.query()
    }

    fn peer(&self) -> Option<String> {
        property::source_address()
    }

    fn route(&self) -> Option<String> {
        property::route_name()
    }
}
