//! What the gateway was told of each Redis cluster: the login that its connections have, set once and shared.
//!
//! Setting it closes the connections of the cluster, also those that other plugins wait on. So it is done with the first
//! command and not when a configuration is read, once for all rules and requests of this virtual machine, and again only
//! when something has really changed: a newer configuration with another login, a longer timeout, or a `NOAUTH`.

use super::settings::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::host::{Host, HostError, RedisLogin, host};
use crate::http::not_dispatched;
use crate::time::{millis, monotonic};
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// The gateway's timer closes a connection on which nothing comes. It is set this much later than core's own deadline, so
/// that a command which takes too long is always a timeout, and the connection is replaced soon afterwards.
const GRACE: Duration = Duration::from_millis(50);

/// After a login was repeated in vain, none is repeated for this time: each closes everybody's connections.
const PAUSE: Duration = Duration::from_secs(1);

/// A login that some configuration wants.
pub(super) struct Login {
    pub(super) settings: Settings,
    /// Counts up: of two configurations, the one made later is the one to obey.
    serial: u64,
}

thread_local! {
    static LOGINS: Cell<u64> = const { Cell::new(0) };
    static LINKS: RefCell<Vec<Link>> = const { RefCell::new(Vec::new()) };
}

impl Login {
    pub(super) fn new(settings: Settings) -> Self {
        let serial = LOGINS.with(|logins| logins.replace(logins.get() + 1));
        Self { settings, serial }
    }
}

/// What a cluster was last told.
struct Link {
    cluster: String,
    username: String,
    password: String,
    database: u32,
    serial: u64,
    /// The gateway's timer, in milliseconds.
    timeout_ms: u32,
    /// Counts up with each telling.
    generation: u64,
    repeated: Option<Duration>,
}

impl Link {
    fn is_for(&self, settings: &Settings) -> bool {
        self.username == settings.username && self.password == settings.password && self.database == settings.database
    }
}

/// Makes sure that the cluster's connections have this login. Gives the generation that the command belongs to.
pub(super) fn open(cluster: &str, login: &Login) -> Result<u64> {
    let timeout_ms = timeout_ms(&login.settings);
    let told = with(cluster, |link| match link.is_for(&login.settings) {
        true if link.timeout_ms >= timeout_ms => Some(Ok(link.generation)),
        true => None,
        false if link.serial > login.serial => Some(Err(())),
        false => None,
    });
    match told.flatten() {
        Some(Ok(generation)) => Ok(generation),
        Some(Err(())) => {
            let why = "a newer configuration of this plugin uses this cluster with another user, password or database, \
                       and the gateway has one login for each cluster; give each a cluster of its own";
            Err(Error::of_cluster(ErrorKind::Host, cluster, &[": ", why]))
        }
        None => tell(cluster, login, None),
    }
}

/// After a `NOAUTH` to a command of `generation`: whether it should be sent again, with the login repeated if nobody else
/// has repeated it meanwhile.
pub(super) fn repeat(cluster: &str, login: &Login, generation: u64) -> bool {
    if login.settings.password.is_empty() {
        return false;
    }
    let now = monotonic();
    let recently = |at: Duration| now.saturating_sub(at) < PAUSE;
    match with(cluster, |link| (link.generation == generation, link.repeated.is_some_and(recently))) {
        Some((false, _)) => true,
        Some((true, false)) => tell(cluster, login, Some(now)).is_ok(),
        Some((true, true)) | None => false,
    }
}

/// The gateway does not know the cluster (any more). If it comes back, it comes without a login.
pub(super) fn forget(cluster: &str) {
    let gone = LINKS.with(|links| {
        let mut links = links.borrow_mut();
        let at = links.iter().position(|link| link.cluster == cluster);
        at.map(|at| links.swap_remove(at))
    });
    drop(gone);
}

fn with<T>(cluster: &str, look: impl FnOnce(&mut Link) -> T) -> Option<T> {
    LINKS.with(|links| links.borrow_mut().iter_mut().find(|link| link.cluster == cluster).map(look))
}

fn timeout_ms(settings: &Settings) -> u32 {
    u32::try_from(millis(settings.timeout.saturating_add(GRACE))).unwrap_or(u32::MAX)
}

fn tell(cluster: &str, login: &Login, repeated: Option<Duration>) -> Result<u64> {
    let settings = &login.settings;
    if cluster.as_bytes().contains(&b'?') {
        let why = ": the name of a Redis cluster must not contain `?`";
        return Err(Error::of_cluster(ErrorKind::UnknownCluster, cluster, &[why]));
    }
    // Without the last two parameters a command lies up to 3 ms before it is written. Gateways that do not know them
    // (Higress before 2.1.9) ignore them.
    let database = if settings.database == 0 { String::new() } else { format!("db={}&", settings.database) };
    let service = format!("{cluster}?{database}buffer_flush_timeout=0&max_buffer_size_before_flush=0");
    let own = timeout_ms(settings);
    let (generation, timeout_ms) =
        with(cluster, |link| (link.generation + 1, link.timeout_ms.max(own))).unwrap_or((0, own));
    let told = host().init_redis(&RedisLogin {
        service: &service,
        username: &settings.username,
        password: &settings.password,
        timeout_ms,
    });
    if let Err(status) = told {
        forget(cluster);
        return Err(refused(cluster, status));
    }
    let link = Link {
        cluster: cluster.to_owned(),
        username: settings.username.clone(),
        password: settings.password.clone(),
        database: settings.database,
        serial: login.serial,
        timeout_ms,
        generation,
        repeated,
    };
    forget(cluster);
    LINKS.with(|links| links.borrow_mut().push(link));
    Ok(generation)
}

/// What the host says when it does not even start.
pub(super) fn refused(cluster: &str, status: HostError) -> Error {
    match status {
        HostError::UNIMPLEMENTED => {
            let why = "this gateway has no Redis client; Higress has";
            Error::of_cluster(ErrorKind::Host, cluster, &[": ", why])
        }
        status => not_dispatched(cluster, status),
    }
}
