//! Headers in expressions: a map whose keys may be written in capitals.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator, Sizer};
use cel::common::types::{CelInt, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};

use crate::headers::Headers;

/// Names in small letters, each with its values joined by commas.
#[derive(Clone, PartialEq)]
pub(super) struct HeaderMap(Vec<(CelString<'static>, CelString<'static>)>);

/// Says how many there are, not what they are: headers may be secrets.
impl fmt::Debug for HeaderMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderMap({} names)", self.0.len())
    }
}

impl HeaderMap {
    pub(super) fn of(headers: &Headers) -> Self {
        let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
        let mut places = HashMap::new();
        for (name, value) in headers.iter() {
            let name = String::from_utf8_lossy(name).into_owned();
            match places.get(&name).and_then(|place: &usize| entries.get_mut(*place)) {
                Some((_, values)) => {
                    values.push(b',');
                    values.extend_from_slice(value);
                }
                None => {
                    places.insert(name.clone(), entries.len());
                    entries.push((name, value.to_vec()));
                }
            }
        }
        let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
        Self(entries.into_iter().map(|(name, value)| (name.into(), text(value).into())).collect())
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> + Clone {
        self.0.iter().map(|(name, value)| (name.inner().as_bytes(), value.inner().as_bytes()))
    }

    pub(super) fn bytes(&self) -> u64 {
        self.iter().map(|(name, value)| (name.len() + value.len()) as u64).sum()
    }

    fn find(&self, name: &dyn Val) -> Option<&CelString<'static>> {
        let name = name.downcast_ref::<CelString>()?.inner();
        self.0.iter().find(|(known, _)| known.inner().eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Val for HeaderMap {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
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
        other.downcast_ref::<Self>() == Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for HeaderMap {}

impl Container for HeaderMap {
    fn contains(&self, name: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.find(name).is_some())
    }
}

impl Indexer for HeaderMap {
    fn get<'b, 'v>(&'b self, name: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError> {
        let value = self.find(name).ok_or_else(|| ExecutionError::no_such_key("header"))?;
        Ok(CowVal::Borrowed(value))
    }

    fn steal<'v>(self: Box<Self>, name: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError> {
        self.get(name).map(CowVal::into_owned)
    }
}

impl Sizer for HeaderMap {
    fn size(&self) -> CelInt {
        i64::try_from(self.0.len()).unwrap_or(i64::MAX).into()
    }
}

impl Iterable for HeaderMap {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Iterator<'b, 'v> + 'b> {
        Box::new(Names(self.0.iter()))
    }
}

struct Names<'b>(std::slice::Iter<'b, (CelString<'static>, CelString<'static>)>);

impl<'b, 'v> Iterator<'b, 'v> for Names<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|(name, _)| name as &(dyn Val + 'v))
    }
}
