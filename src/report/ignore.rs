//! Rules of a baseline: what is no mistake here, with the reason.

use serde::Deserialize;

use super::model::{Kept, Leak};
use crate::ledger::texts::Place;

/// A leak that all of its fields fit is accepted. A field that is not there fits everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IgnoreRule {
    /// Why; shown with the leak.
    pub reason: String,
    /// Kind of resource.
    pub kind: Option<String>,
    /// Name of the job; `*` stands for any text.
    pub job: Option<String>,
    /// End of the file's path, from the name of a folder or of the file on.
    pub file: Option<String>,
    /// Name of the package that creates it, without version.
    pub library: Option<String>,
}

/// The reason of the first rule that a leak fits.
#[must_use]
pub fn reason_for_leak<'a>(rules: &'a [IgnoreRule], leak: &Leak) -> Option<&'a str> {
    let places = [leak.site.as_ref(), leak.called_from.as_ref()];
    let fits = |rule: &&IgnoreRule| {
        rule.fits(leak.kind, &leak.job, &places)
            && fits(rule.library.as_ref(), |name| is_of(&leak.owner, name))
    };
    rules.iter().find(fits).map(|rule| rule.reason.as_str())
}

/// Whether something that is not decided fits a rule. Who owns it is not known then.
#[must_use]
pub fn is_kept_ignored(rules: &[IgnoreRule], kept: &Kept) -> bool {
    let places = [kept.site.as_ref()];
    rules.iter().any(|rule| rule.library.is_none() && rule.fits(kept.kind, &kept.job, &places))
}

impl IgnoreRule {
    fn fits(&self, kind: &str, job: &str, places: &[Option<&Place>]) -> bool {
        let files = || places.iter().flatten().filter_map(|place| place.file.as_deref());
        fits(self.kind.as_ref(), |wanted| wanted == kind)
            && fits(self.job.as_ref(), |pattern| is_like(job, pattern))
            && fits(self.file.as_ref(), |end| files().any(|file| ends_with(file, end)))
    }
}

fn fits(wanted: Option<&String>, is_fit: impl Fn(&str) -> bool) -> bool {
    wanted.is_none_or(|wanted| is_fit(wanted))
}

/// `library:pg@8.16.3` is of `pg`.
fn is_of(owner: &str, name: &str) -> bool {
    let versioned = owner.strip_prefix("library:").and_then(|owner| owner.strip_prefix(name));
    versioned.is_some_and(|rest| rest.starts_with('@'))
}

fn ends_with(file: &str, end: &str) -> bool {
    let (file, end) = (file.replace('\\', "/"), end.replace('\\', "/"));
    file.strip_suffix(&end)
        .is_some_and(|start| start.is_empty() || start.ends_with('/') || end.starts_with('/'))
}

/// Whether a text is a pattern's, in which `*` stands for any text. The parts between the stars are looked for in turn.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::leaks::tests::listener;

    fn reason(rule: IgnoreRule) -> Option<String> {
        let leak = Leak { owner: "library:@redis/client@6.3.1".to_owned(), ..listener("end", 3, 9) };
        reason_for_leak(&[IgnoreRule { reason: "known".to_owned(), ..rule }], &leak).map(str::to_owned)
    }

    #[test]
    fn every_field_must_fit() {
        assert_eq!(
            reason(IgnoreRule { kind: Some("listener".to_owned()), ..IgnoreRule::default() }),
            Some("known".to_owned())
        );
        assert_eq!(reason(IgnoreRule { kind: Some("socket".to_owned()), ..IgnoreRule::default() }), None);
        let both = |job: &str| IgnoreRule {
            kind: Some("listener".to_owned()),
            job: Some(job.to_owned()),
            ..IgnoreRule::default()
        };
        assert_eq!(reason(both("send-email")), Some("known".to_owned()));
        assert_eq!(reason(both("send")), None);
    }

    #[test]
    fn file_is_the_end_of_a_path_from_a_name_on() {
        let file =
            |end: &str| reason(IgnoreRule { file: Some(end.to_owned()), ..IgnoreRule::default() }).is_some();
        assert!(file("a.js") && file("jobs/a.js") && file("/a.js") && file(r"jobs\a.js"));
        assert!(!file("obs/a.js") && !file("b.js"));
    }

    #[test]
    fn library_is_a_package_in_any_version() {
        let library = |name: &str| {
            reason(IgnoreRule { library: Some(name.to_owned()), ..IgnoreRule::default() }).is_some()
        };
        assert!(library("@redis/client"));
        assert!(!library("@redis") && !library("client") && !library("@redis/client@6"));
    }

    #[test]
    fn star_in_a_job_is_any_text() {
        for pattern in ["*", "send-*", "*-email", "s*d*mail", "send-email*", "*send-email"] {
            assert!(is_like("send-email", pattern), "{pattern}");
        }
        for pattern in ["send", "*-mails", "x*", "send-email?", "s*x*mail", "send-email*email"] {
            assert!(!is_like("send-email", pattern), "{pattern}");
        }
    }
}
