//! Attributes as values of expressions.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cel::ExecutionError;
use cel::common::traits::{Indexer, Iterable, Iterator, Sizer};
use cel::common::types::{
    CelBool, CelBytes, CelDouble, CelDuration, CelInt, CelString, CelTimestamp, CelUInt, MAP_TYPE, Type,
};
use cel::common::value::{CowVal, StaticVal, Val};

use super::Lookup;
use super::headers::HeaderMap;
use crate::attribute::Attribute;

/// The deepest path that is looked for, such as `xds.node.metadata.a.b`.
const MOST_PARTS: usize = 8;

/// The value at a path. Of a group it has those members that the expression may mean.
pub(super) fn value<'a>(
    lookup: Lookup<'_>,
    path: &mut Vec<&'a [u8]>,
    members: &'a BTreeSet<String>,
) -> Option<Box<dyn Val>> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Some(match lookup(path)? {
        Attribute::Text(bytes) => Box::new(CelString::from(text(bytes))),
        Attribute::Bytes(bytes) => Box::new(CelBytes::from(bytes)),
        Attribute::Int(number) => Box::new(CelInt::from(number)),
        Attribute::Uint(number) => Box::new(CelUInt::from(number)),
        Attribute::Double(number) => Box::new(CelDouble::from(number)),
        Attribute::Flag(flag) => Box::new(CelBool::from(flag)),
        Attribute::Time(nanoseconds) => {
            Box::new(CelTimestamp::from(chrono::DateTime::from_timestamp_nanos(nanoseconds).fixed_offset()))
        }
        Attribute::Duration(nanoseconds) => Box::new(CelDuration::from(chrono::Duration::nanoseconds(nanoseconds))),
        Attribute::Map(headers) => Box::new(HeaderMap::of(&headers)),
        Attribute::Group if path.len() < MOST_PARTS => {
            let mut found = BTreeMap::new();
            for member in members {
                path.push(member.as_bytes());
                if let Some(value) = value(lookup, path, members) {
                    found.insert(member.clone(), value);
                }
                path.pop();
            }
            Box::new(Group(found))
        }
        Attribute::Group => return None,
    })
}

/// A map that cannot be listed, such as `request`.
#[derive(Clone)]
pub(super) struct Group(BTreeMap<String, Box<dyn Val>>);

impl Group {
    pub(super) fn members(&self) -> impl std::iter::Iterator<Item = (&String, &dyn Val)> {
        self.0.iter().map(|(name, value)| (name, value.as_ref()))
    }
}

/// Says what is in it without the values, which may be secrets.
impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Group({:?})", self.0.keys())
    }
}

impl Val for Group {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)> {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)> {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| self.0 == other.0)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Group {}

impl Indexer for Group {
    fn get<'b, 'v>(&'b self, name: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError> {
        let member = name.downcast_ref::<CelString>().and_then(|name| self.0.get(name.inner()));
        member.map(|value| CowVal::Borrowed(value.as_ref())).ok_or_else(|| ExecutionError::no_such_key("attribute"))
    }

    fn steal<'v>(self: Box<Self>, name: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError> {
        self.get(name).map(CowVal::into_owned)
    }
}

impl Sizer for Group {
    fn size(&self) -> CelInt {
        0.into()
    }
}

impl Iterable for Group {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Iterator<'b, 'v> + 'b> {
        struct Nothing;
        impl<'b, 'v> Iterator<'b, 'v> for Nothing {
            fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
                None
            }
        }
        Box::new(Nothing)
    }
}
