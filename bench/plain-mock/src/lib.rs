//! Answers a request without an upstream, written on plain proxy-wasm the way its own examples are.

#![allow(missing_docs, reason = "proxy_wasm::main! writes an undocumented `_initialize`")]

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use serde::Deserialize;
use std::rc::Rc;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(MockRoot::default()) });
}}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Config {
    mock_enable: bool,
}

#[derive(Debug, Default)]
struct MockRoot {
    config: Rc<Config>,
}

impl Context for MockRoot {}

impl RootContext for MockRoot {
    fn on_configure(&mut self, _size: usize) -> bool {
        let Some(bytes) = self.get_plugin_configuration() else {
            return true;
        };
        match serde_json::from_slice(&bytes) {
            Ok(config) => {
                self.config = Rc::new(config);
                true
            }
            Err(error) => {
                log::error!("cannot read the configuration: {error}");
                false
            }
        }
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(MockFilter { config: Rc::clone(&self.config) }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct MockFilter {
    config: Rc<Config>,
}

impl Context for MockFilter {}

impl HttpContext for MockFilter {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        if self.config.mock_enable {
            self.send_http_response(200, Vec::new(), Some(b"hello world"));
            return Action::Pause;
        }
        Action::Continue
    }
}
