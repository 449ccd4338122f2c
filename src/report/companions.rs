//! What comes with each of what a finding counts, in a few words: `2 listeners on Agent`.

use std::fmt::{self, Display};

use serde::{Serialize, Serializer};

use super::heap_names::HeapKind;
use super::model::Leak;
use super::owners::is_of_heap;

/// Something that a finding names and that is no finding of its own; in the report, its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Companion {
    /// By what it was called as a finding: `'end' listener`.
    Named(String),
    /// By how many there are of it for each that the finding counts.
    Counted {
        /// `listener`, `entry`.
        what: String,
        /// `on Agent`, `in bodies (Map)`, or nothing.
        whereon: String,
        /// All there are.
        count: u64,
        /// All that the finding counts.
        of: u64,
    },
}

impl Companion {
    /// A finding that is counted with a whole one.
    fn of(part: &Leak, whole: &Leak) -> Self {
        if [HeapKind::Closure, HeapKind::Heap].map(HeapKind::name).contains(&part.kind) {
            // That is known in bytes.
            return Self::Named(part.description.clone());
        }
        let (what, whereon) = if is_of_heap(part) {
            part.description.split_once(' ').unwrap_or((&part.description, ""))
        } else {
            (part.kind, "")
        };
        let class = part.holder.as_ref().and_then(|holder| holder.class.as_deref()).unwrap_or("");
        let whereon = if class.is_empty() { whereon.to_owned() } else { format!("on {class}") };
        Self::Counted { what: what.to_owned(), whereon, count: part.count, of: whole.count }
    }

    /// Whether it is a listener on an object of that class.
    pub fn is_on(&self, class: &str) -> bool {
        matches!(self, Self::Counted { whereon, .. } if whereon.strip_prefix("on ") == Some(class))
    }

    /// Whether one of these says the same; what is counted is counted there.
    fn is_told_by(&self, others: &mut [Self]) -> bool {
        others.iter_mut().any(|other| match (self, other) {
            (
                Self::Counted { what, whereon, count, .. },
                Self::Counted { what: its, whereon: place, count: sum, .. },
            ) if what == its && whereon == place => {
                *sum = sum.saturating_add(*count);
                true
            }
            (named @ Self::Named(_), other) => named == other,
            _ => false,
        })
    }
}

impl Display for Companion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Counted { what, whereon, count, of } => {
                let each = (count.saturating_add(of / 2) / of.max(&1)).max(1);
                let ending = match (each, what.strip_suffix('y')) {
                    (1, _) => what.clone(),
                    (_, Some(stem)) => format!("{stem}ies"),
                    _ => format!("{what}s"),
                };
                let space = if whereon.is_empty() { "" } else { " " };
                write!(f, "{each} {ending}{space}{whereon}")
            }
        }
    }
}

impl Serialize for Companion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Names in a finding what comes with each of what it counts, and what comes with that.
pub fn add_part(whole: &mut Leak, part: Leak) {
    let companion = Companion::of(&part, whole);
    add_as(whole, part, companion);
}

/// The same by the name of the part, where it is not known how many there are with each.
pub fn add_named(whole: &mut Leak, part: Leak) {
    let companion = Companion::Named(part.description.clone());
    add_as(whole, part, companion);
}

/// With what came with the part. Listeners that it names are among those that it counts.
fn add_as(whole: &mut Leak, mut part: Leak, companion: Companion) {
    add(whole, companion);
    for of_part in std::mem::take(&mut part.companions) {
        match of_part {
            Companion::Counted { what, whereon, count, .. } => {
                add(whole, Companion::Counted { what, whereon, count, of: whole.count });
            }
            Companion::Named(_) if part.holder.is_some() => {}
            named @ Companion::Named(_) => add(whole, named),
        }
    }
    keep_also(whole, part);
}

fn add(whole: &mut Leak, companion: Companion) {
    if !companion.is_told_by(&mut whole.companions) {
        whole.companions.push(companion);
    }
}

/// What a companion keeps, the whole keeps.
pub fn keep_also(whole: &mut Leak, part: Leak) {
    if let Some(bytes) = part.retained_bytes {
        whole.retained_bytes = Some(whole.retained_bytes.unwrap_or(0).saturating_add(bytes));
        whole.bytes_per_job = Some(whole.bytes_per_job.unwrap_or(0.0) + part.bytes_per_job.unwrap_or(0.0));
    }
    whole.retaining_path = whole.retaining_path.take().or(part.retaining_path);
}

/// In words, for tests.
#[cfg(test)]
pub fn told(leak: &Leak) -> Vec<String> {
    leak.companions.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(what: &str, whereon: &str, count: u64, of: u64) -> Companion {
        Companion::Counted { what: what.to_owned(), whereon: whereon.to_owned(), count, of }
    }

    #[test]
    fn how_many_there_are_is_said_of_each() {
        let told = |what, whereon, count| counted(what, whereon, count, 9).to_string();
        assert_eq!(told("listener", "on Agent", 18), "2 listeners on Agent");
        assert_eq!(told("entry", "in bodies (Map)", 18), "2 entries in bodies (Map)");
        assert_eq!(told("timeout", "", 9), "1 timeout");
        assert_eq!(told("port", "", 36), "4 ports");
        assert_eq!(told("socket", "", 3), "1 socket", "some are not there yet");
    }

    #[test]
    fn only_what_sits_on_the_class_is_on_it() {
        assert!(counted("listener", "on Agent", 1, 1).is_on("Agent"));
        assert!(!counted("listener", "on MyAgent", 1, 1).is_on("Agent"));
        assert!(!Companion::Named("'free' listener".to_owned()).is_on("Agent"));
    }
}
