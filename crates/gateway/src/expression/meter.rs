//! What one evaluation may take: turns of loops, bytes of values, time.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cel::ExecutionError;
use cel::common::types::{CelBool, CelBytes, CelList, CelMap, CelString, Type};
use cel::common::value::{CowVal, StaticVal, Val};

use super::attributes::Group;
use super::headers::HeaderMap;

/// What the meter and its functions are called in expressions, where nobody can write such names.
pub(super) const NAME: &str = "@meter";
pub(super) const WEIGH: &str = "@weigh";
pub(super) const TURN: &str = "@turn";

/// Turns of all loops together: Envoy's bound.
const MOST_TURNS: u64 = 10_000;
/// Bytes of all values that operators and functions are given. Envoy has no bound.
const MOST_BYTES: u64 = 64 << 20;

/// Counts for one evaluation.
#[derive(Clone, Debug)]
pub(super) struct Meter(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    turns: AtomicU64,
    bytes: AtomicU64,
    /// `None` is so late that no clock shows it.
    ends: Option<Instant>,
    late: AtomicBool,
}

impl Meter {
    pub(super) fn new(most: Duration) -> Self {
        let counts = Counts {
            turns: AtomicU64::default(),
            bytes: AtomicU64::default(),
            ends: Instant::now().checked_add(most),
            late: AtomicBool::default(),
        };
        Self(Arc::new(counts))
    }

    /// What there was too much of.
    pub(super) fn excess(&self) -> Option<&'static str> {
        let counts = &self.0;
        if counts.turns.load(Ordering::Relaxed) > MOST_TURNS {
            Some("its loops take more than 10000 turns")
        } else if counts.bytes.load(Ordering::Relaxed) > MOST_BYTES {
            Some("it works on more than 64 MiB")
        } else if counts.late.load(Ordering::Relaxed) {
            Some("it takes too long")
        } else {
            None
        }
    }

    fn check(&self) -> Result<(), ExecutionError> {
        if self.0.ends.is_some_and(|ends| Instant::now() > ends) {
            self.0.late.store(true, Ordering::Relaxed);
        }
        self.excess().map_or(Ok(()), |excess| Err(ExecutionError::InternalError(excess.to_owned())))
    }
}

/// `@weigh(@meter, value)` is the value.
pub(super) fn weigh<'b, 'v>(mut arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let value = arguments.pop().ok_or(ExecutionError::MissingArgumentOrTarget)?;
    let meter = meter(&arguments)?;
    meter.0.bytes.fetch_add(weight(value.as_ref()), Ordering::Relaxed);
    meter.check()?;
    Ok(value)
}

/// `@turn(@meter)` is true, or an error when there were too many.
pub(super) fn turn<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let meter = meter(&arguments)?;
    meter.0.turns.fetch_add(1, Ordering::Relaxed);
    meter.check()?;
    Ok(CowVal::owned(CelBool::from(true)))
}

fn meter<'a>(arguments: &'a [CowVal<'_, '_>]) -> Result<&'a Meter, ExecutionError> {
    let first = arguments.first().and_then(|first| first.downcast_ref::<Meter>());
    first.ok_or(ExecutionError::MissingArgumentOrTarget)
}

/// About the bytes that a value takes.
fn weight(value: &dyn Val) -> u64 {
    const EACH: u64 = 16;
    if let Some(text) = value.downcast_ref::<CelString>() {
        EACH + text.inner().len() as u64
    } else if let Some(bytes) = value.downcast_ref::<CelBytes>() {
        EACH + bytes.inner().len() as u64
    } else if let Some(list) = value.downcast_ref::<CelList>() {
        EACH + list.inner().iter().map(|it| weight(it.as_ref())).sum::<u64>()
    } else if let Some(map) = value.downcast_ref::<CelMap>() {
        EACH + map.inner().iter().map(|(key, it)| weight(key.inner()) + weight(it.as_ref())).sum::<u64>()
    } else if let Some(headers) = value.downcast_ref::<HeaderMap>() {
        EACH + headers.bytes()
    } else if let Some(group) = value.downcast_ref::<Group>() {
        EACH + group.members().map(|(name, it)| name.len() as u64 + weight(it)).sum::<u64>()
    } else {
        EACH
    }
}

static TYPE: Type = Type::new_unspecified_type(NAME);

impl Val for Meter {
    fn get_type(&self) -> &Type {
        &TYPE
    }

    fn cel_type() -> &'static Type {
        &TYPE
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Meter {}
