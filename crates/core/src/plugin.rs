//! The one trait a plugin implements, and `register!`, which makes a `.wasm` of it.

use crate::error::{Error, Result};
use crate::reply::Reply;
use crate::request::Request;
use crate::runtime::{Sweep, sweep};
use crate::task::Background;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

/// A gateway plugin. The value *is* its configuration, ready to use: `serde` makes it when the gateway configures the
/// plugin, so an invalid plugin cannot exist. Derive [`serde::Deserialize`]; a plugin without configuration is a unit
/// struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a plugin",
    note = "write `impl Plugin for {Self} {{ async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {{ .. }} }}`"
)]
pub trait Plugin: Sized + 'static {
    /// The header states that the plugin asks of the gateway. Only a plugin that reads a body before it decides on the
    /// headers ([`Request::collect`], [`crate::Response::collect`]) needs more than the default.
    const ABI: Abi = Abi::V0_2_1;

    /// What the gateway does with a body larger than its buffer that arrives while the plugin holds the headers. Under
    /// [`Abi::V0_2_100`] bodies are buffered then, and refused past the buffer's size (413, 500), whatever stands here.
    const OVERFLOW: Overflow = Overflow::Backpressure;

    /// When an exchange is dropped whose stream ended while it waited, because the client or the upstream went away; and a
    /// configuration whose place another took.
    const CLEANUP: Cleanup = Cleanup::Prompt;

    /// The whole exchange, from the request's headers to as far as the plugin wants to see: one straight line.
    ///
    /// While the returned future waits, the gateway holds whatever the plugin has not let go.
    fn on_request(self: Rc<Self>, request: Request) -> impl Future<Output = Result<Flow>> + 'static;

    /// Runs once after the plugin was configured; the place to [`Background::spawn`] work of the plugin's own.
    fn on_start(self: Rc<Self>, background: Background) {
        let _ = background;
    }

    /// What becomes of an exchange that ended in an error. Fails closed unless the plugin says otherwise.
    fn on_error(&self, error: &Error) -> Fallback {
        Fallback::Reply(error.to_reply())
    }
}

/// How an exchange ends for the plugin. Made by letting go of what it holds: `request.forward()`, `request.reply(..)`,
/// `response.forward()` and the like, so that a reply out of phase, or a request nobody lets go, cannot be written.
#[must_use = "return it from `on_request`"]
#[derive(Debug)]
pub struct Flow(pub(crate) Outcome);

#[derive(Debug)]
pub(crate) enum Outcome {
    Forward,
    Reply(Reply),
}

/// What [`Plugin::on_error`] falls back to.
#[derive(Debug)]
pub enum Fallback {
    /// Let the exchange go on as if the plugin were not there ("fail open").
    Forward,
    /// Answer the client ("fail closed"). Where headers have already gone out the stream is reset instead.
    Reply(Reply),
}

/// A version of the proxy-wasm ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abi {
    /// Understood by every gateway.
    V0_2_1,
    /// Higress's extension: headers may wait for their body. The module also carries the 0.2.1 marker, so stock Envoy
    /// loads it; there the filter needs `allow_on_headers_stop_iteration: true`.
    V0_2_100,
}

impl Abi {
    #[doc(hidden)]
    pub const fn section(self) -> [u8; 12] {
        match self {
            Self::V0_2_1 => *b"abi=0.2.1\n\n\n",
            Self::V0_2_100 => *b"abi=0.2.100\n",
        }
    }
}

/// What to do with a body that outgrows the gateway's buffer while headers are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// Stop reading from the sender until the plugin lets go (`StopAllIterationAndWatermark`).
    Backpressure,
    /// Refuse: 413 to a request, 500 to a response (`StopAllIterationAndBuffer`).
    Reject,
}

/// When an exchange is dropped whose stream ended while it waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// At once. For that the gateway calls the plugin at the end of each stream.
    Prompt,
    /// Whenever the exchanges that wait have doubled, and are 64 or more. This saves the call, a tenth of what a small plugin
    /// costs. It is for a plugin that waits for nothing but the response, and whose futures hold nothing that has to be
    /// given back in time, such as a place among those that may run at once. The build refuses it for a plugin that makes
    /// calls, looks at the time, reads bodies or does something at the end of a stream.
    Lazy,
}

impl Cleanup {
    #[doc(hidden)]
    pub const fn section(self) -> [u8; 15] {
        match self {
            Self::Prompt => *b"cleanup=prompt\n",
            Self::Lazy => *b"cleanup=lazy\n\n\n",
        }
    }

    /// A pointer, so that the modules of prompt plugins lack the code.
    pub(crate) const fn sweep(self) -> Option<Sweep> {
        match self {
            Self::Prompt => None,
            Self::Lazy => Some(sweep),
        }
    }
}

pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// A plugin behind one pointer, so that core's machinery is compiled once and not once a plugin type.
pub(crate) trait AnyPlugin {
    fn start(self: Rc<Self>, request: Request) -> Work<Result<Flow>>;
    fn configured(self: Rc<Self>, background: Background);
    fn failed(&self, error: &Error) -> Fallback;
    fn abi(&self) -> Abi;
    fn overflow(&self) -> Overflow;
}

impl<P: Plugin> AnyPlugin for P {
    fn start(self: Rc<Self>, request: Request) -> Work<Result<Flow>> {
        Box::pin(self.on_request(request))
    }

    fn configured(self: Rc<Self>, background: Background) {
        self.on_start(background);
    }

    fn failed(&self, error: &Error) -> Fallback {
        self.on_error(error)
    }

    fn abi(&self) -> Abi {
        P::ABI
    }

    fn overflow(&self) -> Overflow {
        P::OVERFLOW
    }
}

/// Makes the crate a gateway plugin: `register!(MyPlugin, "my-plugin");`.
///
/// The name appears in log lines and in the reply details of access logs.
#[macro_export]
macro_rules! register {
    ($plugin:ty, $name:literal) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const NAME: &[u8] = concat!("name=", $name, "\n").as_bytes();
            #[unsafe(link_section = "plugin-core")]
            #[used]
            static NAME_LINE: [u8; NAME.len()] = match NAME.first_chunk() {
                Some(line) => *line,
                None => [0; NAME.len()],
            };
            #[unsafe(link_section = "plugin-core")]
            #[used]
            static ABI_LINE: [u8; 12] = <$plugin as $crate::Plugin>::ABI.section();
            #[unsafe(link_section = "plugin-core")]
            #[used]
            static CLEANUP_LINE: [u8; 15] = <$plugin as $crate::Plugin>::CLEANUP.section();
            #[unsafe(export_name = "plugin_core__initialize")]
            extern "C" fn initialize() {
                $crate::abi::start::<$plugin>($name);
            }
            $crate::proxy_wasm::main! {{ $crate::abi::start_unfinished(); }}
        };
    };
}
