//! Leaks of packages that their authors have mended: the version to move to says more than the place.

use super::model::{Known, Leak};

/// A version as its three numbers.
type Version = [u32; 3];

/// One leak of one package.
struct Entry {
    package: &'static str,
    /// What is left behind: other kinds are somebody else's mistake.
    kind: &'static str,
    /// The first version that leaks.
    since: Version,
    /// The first version that does not.
    fixed: Version,
    /// Issue or line of the changelog.
    evidence: &'static str,
}

const fn entry(
    package: &'static str,
    kind: &'static str,
    since: Version,
    fixed: Version,
    evidence: &'static str,
) -> Entry {
    Entry { package, kind, since, fixed, evidence }
}

/// By package. An entry is one that a job cannot avoid, and that moving to `fixed` ends without a change of the job: one that
/// leaks until something is called is not.
const ENTRIES: &[Entry] = &[
    entry("axios", "promise", [0, 15, 0], [0, 22, 0], "axios#3001: memory leak in CancelToken"),
    entry(
        "component-emitter",
        "collection",
        [1, 0, 0],
        [1, 3, 0],
        "1.3.0: removes the list of an event without listeners",
    ),
    entry("debug", "collection", [3, 1, 0], [4, 3, 0], "debug#678: memory leak in createDebug.instances"),
    entry(
        "graphql-subscriptions",
        "closure",
        [1, 0, 0],
        [1, 2, 1],
        "graphql-subscriptions#209: withFilter keeps a chain of promises",
    ),
    entry("mem", "collection", [1, 0, 0], [4, 0, 0], "4.0.0: expired results leave the cache"),
    entry("node-schedule", "collection", [1, 0, 0], [2, 0, 0], "2.0.0: avoid leaking memory on one-off jobs"),
    entry(
        "promise-timeout",
        "timeout",
        [1, 0, 0],
        [1, 1, 0],
        "promise-timeout#1: the timer runs on after the promise has settled",
    ),
    entry("rxjs", "listener", [6, 5, 0], [6, 5, 5], "rxjs#5305: fromFetch leaves its listener on the signal"),
    entry("write-file-atomic", "file", [3, 0, 0], [3, 0, 1], "write-file-atomic#52: the file stays open"),
];

/// Names the version in which a leak of a library was mended.
pub fn name_known(leak: &mut Leak) {
    let Some(found) = ENTRIES.iter().find(|entry| is_of(leak, entry)) else { return };
    let [major, minor, patch] = found.fixed;
    let fixed_in = format!("{major}.{minor}.{patch}");
    leak.fix = format!("update {} to {fixed_in} or newer", found.package);
    leak.known = Some(Known { fixed_in, evidence: found.evidence });
}

fn is_of(leak: &Leak, entry: &Entry) -> bool {
    let installed = leak.owner.strip_prefix("library:").and_then(|owner| owner.rsplit_once('@'));
    let Some((package, version)) = installed else { return false };
    let version = parse(version);
    package == entry.package
        && leak.kind == entry.kind
        && version.is_some_and(|version| version >= entry.since && version < entry.fixed)
}

/// None of a version that is unknown, or is a preview of one.
fn parse(version: &str) -> Option<Version> {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    let mut next = || numbers.next()?.ok();
    let parsed = [next()?, next()?, next()?];
    numbers.next().is_none().then_some(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::leaks::tests::listener;

    fn fixed_in(owner: &str, kind: &'static str) -> Option<String> {
        let mut leak = Leak { kind, owner: owner.to_owned(), ..listener("", 3, 9) };
        name_known(&mut leak);
        assert_eq!(leak.known.is_some(), leak.fix.starts_with("update "));
        leak.known.map(|known| known.fixed_in)
    }

    #[test]
    fn version_that_mends_a_leak_is_named() {
        assert_eq!(fixed_in("library:debug@4.1.1", "collection").as_deref(), Some("4.3.0"));
        assert_eq!(fixed_in("library:debug@4.3.0", "collection"), None, "mended");
        assert_eq!(fixed_in("library:debug@2.6.9", "collection"), None, "never had it");
        assert_eq!(fixed_in("library:debug@4.1.1", "listener"), None, "is something else");
        assert_eq!(fixed_in("library:debug@4.3.0-beta.1", "collection"), None);
        assert_eq!(fixed_in("library:debug@unknown", "collection"), None);
        assert_eq!(fixed_in("library:@me/debug@4.1.1", "collection"), None);
        assert_eq!(fixed_in("app", "collection"), None);
    }

    #[test]
    fn entries_are_sorted_and_of_versions_in_order() {
        assert!(ENTRIES.is_sorted_by(|a, b| (a.package, a.kind) < (b.package, b.kind)));
        assert!(ENTRIES.iter().all(|entry| entry.since < entry.fixed && !entry.evidence.is_empty()));
    }
}
