//! A gateway with the guest of `caller.wat`, which makes the host calls that a test lists.

use tempfile::NamedTempFile;
use testkit::{Answer, Gateway, Plugin, Reply, Request, RunningGateway, Upstream};

/// A host call: a foreign function and its argument, or `get` and `set` for properties.
pub(crate) type Call<'a> = (&'a str, Vec<u8>);

/// A status and what was given back.
pub(crate) type Outcome = (u8, Vec<u8>);

pub(crate) const OK: u8 = 0;
pub(crate) const NOT_FOUND: u8 = 1;
pub(crate) const BAD_ARGUMENT: u8 = 2;
pub(crate) const SERIALIZATION_FAILURE: u8 = 3;
pub(crate) const INTERNAL_FAILURE: u8 = 10;

pub(crate) struct Caller {
    pub(crate) gateway: RunningGateway,
    _module: NamedTempFile,
    _upstream: Upstream,
}

impl Caller {
    pub(crate) fn start() -> Self {
        Self::configured(&[])
    }

    /// One whose guest makes `calls` while it is configured.
    pub(crate) fn configured(calls: &[Call<'_>]) -> Self {
        let upstream = Upstream::start(|_| Answer::ok("hi").header("x-b", "2"));
        let module = NamedTempFile::new().unwrap();
        std::fs::write(module.path(), wat::parse_str(include_str!("caller.wat")).unwrap()).unwrap();
        let configuration = String::from_utf8(listed(calls)).unwrap();
        let gateway = Gateway::new()
            .with(Plugin::at("caller", module.path()).config_text(&configuration))
            .upstream(&upstream)
            .access_log("%FILTER_STATE(wasm.note:PLAIN)% %FILTER_STATE(envoy.string:PLAIN)%")
            .start();
        Self { gateway, _module: module, _upstream: upstream }
    }

    /// What comes of `calls` at the headers of a request.
    pub(crate) fn make(&self, calls: &[Call<'_>]) -> Vec<Outcome> {
        self.make_at("/a/b?q=1", calls)
    }

    /// The same, where the path says at what time: see `caller.wat`.
    pub(crate) fn make_at(&self, path: &str, calls: &[Call<'_>]) -> Vec<Outcome> {
        outcomes(&self.request(path, calls).send())
    }

    /// What comes of calls in one request after the other, by the same connection.
    pub(crate) fn make_in_turn(&self, requests: &[&[Call<'_>]]) -> Vec<Vec<Outcome>> {
        let mut connection = self.gateway.connect();
        requests.iter().map(|calls| outcomes(&connection.send(&self.request("/", calls)))).collect()
    }

    fn request(&self, path: &str, calls: &[Call<'_>]) -> Request {
        let digits: String = listed(calls).iter().map(|byte| format!("{byte:02x}")).collect();
        let request = self.gateway.get(path).header("x-calls", digits);
        request.header("x-a", "1").header("x-m", "one").header("x-m", "two")
    }

    /// What comes of one call.
    pub(crate) fn call(&self, name: &str, argument: Vec<u8>) -> Outcome {
        self.make(&[(name, argument)]).remove(0)
    }
}

fn listed(calls: &[Call<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, argument) in calls {
        bytes.push(name.len() as u8);
        bytes.extend(name.as_bytes());
        bytes.extend((argument.len() as u16).to_le_bytes());
        bytes.extend(argument);
    }
    bytes
}

fn outcomes(reply: &Reply) -> Vec<Outcome> {
    assert_eq!(reply.status, 200, "{reply:?}");
    let (mut bytes, mut outcomes) = (reply.body.as_slice(), Vec::new());
    while let [status, a, b, c, d, rest @ ..] = bytes {
        let (result, after) = rest.split_at(u32::from_le_bytes([*a, *b, *c, *d]) as usize);
        outcomes.push((*status, result.to_vec()));
        bytes = after;
    }
    outcomes
}
