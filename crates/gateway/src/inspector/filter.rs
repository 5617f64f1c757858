//! Which exchanges are wanted: by plugin, by status, by a part of the path.

use crate::trace::{Outcome, Record};

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    plugin: String,
    status: Status,
    path: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Any,
    Exactly(u16),
    /// `4xx`
    Class(u16),
    /// Still under way.
    Pending,
    /// Ended without a whole answer.
    Broken,
}

impl Filter {
    /// Reads a query; a filter without a value takes everything.
    ///
    /// # Errors
    /// With what was found and what is possible.
    pub(super) fn parse(query: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "plugin" => filter.plugin = value,
                "path" => filter.path = value,
                "status" => filter.status = Status::parse(&value)?,
                _ => return Err(format!("no filter is called {name:?}; there are plugin, status and path")),
            }
        }
        Ok(filter)
    }

    pub(super) fn takes(&self, record: &Record) -> bool {
        (self.plugin.is_empty() || record.plugins().contains(self.plugin.as_str()))
            && self.status.takes(record)
            && (self.path.is_empty() || record.path.contains(&self.path))
    }
}

impl Status {
    fn parse(text: &str) -> Result<Self, String> {
        let class =
            text.strip_suffix("xx").and_then(|class| class.parse().ok()).filter(|class| (1..=5).contains(class));
        match (text, class, text.parse()) {
            ("", ..) => Ok(Self::Any),
            ("pending", ..) => Ok(Self::Pending),
            ("broken", ..) => Ok(Self::Broken),
            (_, Some(class), _) => Ok(Self::Class(class)),
            (_, _, Ok(status)) => Ok(Self::Exactly(status)),
            _ => Err(format!("status {text:?} is not known; give one like 404, 4xx, pending or broken")),
        }
    }

    fn takes(&self, record: &Record) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(status) => record.status == Some(*status),
            Self::Class(class) => record.status.is_some_and(|status| status / 100 == *class),
            Self::Pending => record.outcome == Outcome::UnderWay,
            Self::Broken => matches!(record.outcome, Outcome::Reset | Outcome::CutOff),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record { path: "/a b/c".to_owned(), status: Some(404), outcome: Outcome::Answered, ..Record::default() }
    }

    #[test]
    fn each_filter_takes_what_it_names() {
        for (query, takes) in [
            ("", true),
            ("plugin=&status=&path=", true),
            ("status=404", true),
            ("status=4xx", true),
            ("status=5xx", false),
            ("status=pending", false),
            ("status=broken", false),
            ("path=a%20b", true),
            ("path=a+b", true),
            ("path=nowhere", false),
            ("plugin=unknown", false),
        ] {
            assert_eq!(Filter::parse(query).unwrap().takes(&record()), takes, "{query}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (query, text) in
            [("status=x", "give one like 404"), ("status=9xx", "give one"), ("stat=1", "plugin, status")]
        {
            let fault = Filter::parse(query).unwrap_err();
            assert!(fault.contains(text), "{fault}");
        }
    }
}
