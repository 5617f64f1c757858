//! Fetches a token for each request, written on plain proxy-wasm the way its own examples are.

#![allow(missing_docs, reason = "proxy_wasm::main! writes an undocumented `_initialize`")]

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use serde::Deserialize;
use std::rc::Rc;
use std::time::Duration;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(FetchRoot::default()) });
}}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Config {
    cluster: String,
    request_path: String,
    token_header: String,
}

#[derive(Debug, Default)]
struct FetchRoot {
    config: Rc<Config>,
}

impl Context for FetchRoot {}

impl RootContext for FetchRoot {
    fn on_configure(&mut self, _size: usize) -> bool {
        let bytes = self.get_plugin_configuration().unwrap_or_default();
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
        Some(Box::new(FetchFilter { config: Rc::clone(&self.config) }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct FetchFilter {
    config: Rc<Config>,
}

impl FetchFilter {
    fn refuse(&self) {
        self.send_http_response(500, Vec::new(), Some(b"http call failed"));
    }
}

impl Context for FetchFilter {
    fn on_http_call_response(&mut self, _token: u32, _headers: usize, _body: usize, _trailers: usize) {
        if self.get_http_call_response_header(":status").as_deref() != Some("200") {
            return self.refuse();
        }
        if let Some(token) = self.get_http_call_response_header(&self.config.token_header) {
            self.set_http_request_header(&self.config.token_header, Some(&token));
        }
        self.resume_http_request();
    }
}

impl HttpContext for FetchFilter {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let Config { cluster, request_path, .. } = &*self.config;
        let headers = vec![(":method", "GET"), (":path", request_path), (":authority", cluster)];
        match self.dispatch_http_call(cluster, headers, None, Vec::new(), Duration::from_secs(10)) {
            Ok(_) => Action::Pause,
            Err(status) => {
                log::error!("cannot ask for a token: {status:?}");
                self.refuse();
                Action::Pause
            }
        }
    }
}
