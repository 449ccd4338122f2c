//! What a keeper is called: its kind, the variable or property on which things pile up.

use super::heap_facts::{KeeperFacts, StepFacts};

/// Nodes between a name and what it names.
const SILENT: [&str; 4] = ["system / Context", "(array)", "(synthetic)", "(system)"];

/// What a keeper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeapKind {
    /// Something with entries: an array, a Map, a Set, an object used as a table.
    Collection,
    /// A promise that collects reactions.
    Promise,
    /// Functions that each keep the one before.
    Closure,
    /// Memory outside the heap, of Buffers and the like.
    External,
    /// Something else: a string, a list that is linked.
    Heap,
}

impl HeapKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Collection, Self::Promise, Self::Closure, Self::External, Self::Heap];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collection => "collection",
            Self::Promise => "promise",
            Self::Closure => "closure",
            Self::External => "external",
            Self::Heap => "heap",
        }
    }
}

/// The variable or property on which things pile up, and the class of what is there.
#[must_use]
pub fn holder(keeper: &KeeperFacts, is_object: bool) -> (String, String) {
    let entry = keeper.path.len().saturating_sub(usize::from(!is_object && keeper.counts_entries));
    let suspect = keeper.path.get(keeper.suspect_from.min(entry)..entry).unwrap_or_default();
    let module = suspect.iter().rposition(is_module);
    let within = suspect.get(module.map_or(0, |at| at + 1)..).unwrap_or_default();
    let within = within.iter().filter(|step| !is_required_module(step));
    let names = within.filter_map(written).collect::<Vec<_>>().join(".");
    let names = match module.and_then(|at| suspect.get(at)?.edge_name.as_deref()) {
        Some(file) if names.is_empty() => in_package(file).to_owned(),
        Some(file) => format!("{names} of {}", in_package(file)),
        None => names,
    };
    // V8 names no variable of a scope with very many: then the function is all there is to say.
    let last = suspect.iter().rposition(|step| written(step).is_some());
    let of = last.and_then(|at| suspect.get(at)).filter(|step| step.to_type == "closure");
    let names = match of {
        Some(function) if last.is_some_and(|at| at + 1 < suspect.len()) => {
            let name = if function.to.is_empty() { "a function" } else { function.to.as_str() };
            format!("a variable of {name}")
        }
        _ => names,
    };
    let class = suspect.iter().rev().find(|step| !SILENT.contains(&step.to.as_str()));
    let class = class.map_or_else(String::new, |step| class_name(&step.to));
    if names.is_empty() && class.is_empty() {
        // What has no name of its own lies in the storage of what it hangs on: variables of the global object.
        let before = keeper.path[..keeper.suspect_from.min(entry)].iter().rev();
        let owner = before.map(|step| step.to.as_str()).find(|to| !SILENT.contains(to));
        return (owner.map_or_else(String::new, class_name), class);
    }
    (names, class)
}

/// The name that somebody wrote for a step.
fn written(step: &StepFacts) -> Option<&str> {
    matches!(step.edge.as_str(), "context" | "property").then_some(step.edge_name.as_deref()).flatten()
}

/// From a `CommonJS` module of Node's to the ES module that it stands for.
#[must_use]
pub fn is_required_module(step: &StepFacts) -> bool {
    step.edge_name.as_deref() == Some("<symbol kRequiredModuleSymbol>")
}

/// A module in Node's table of them, where its key is its file.
fn is_module(step: &StepFacts) -> bool {
    step.to == "Module" && written(step).is_some_and(|name| name.contains(['/', '\\']))
}

/// A file as it is called wherever the program lies: below its package, or by its name.
fn in_package(file: &str) -> &str {
    match file.rsplit_once("node_modules") {
        Some((_, below)) => below.trim_start_matches(['/', '\\']),
        None => file.rsplit(['/', '\\']).next().unwrap_or(file),
    }
}

/// A plain object is called by its properties, which may be keys of a table.
fn class_name(to: &str) -> String {
    match to {
        "(string)" | "(concatenated string)" | "(sliced string)" => "string".to_owned(),
        _ if to.starts_with('{') => "Object".to_owned(),
        _ => to.to_owned(),
    }
}

/// What a keeper is.
#[must_use]
pub fn kind(keeper: &KeeperFacts) -> HeapKind {
    let suspect = keeper.path.get(keeper.suspect_from..).unwrap_or_default();
    if suspect.iter().any(|step| step.edge_name.as_deref() == Some("reactions_or_result")) {
        return HeapKind::Promise;
    }
    if is_external(keeper) {
        return HeapKind::External;
    }
    if keeper.counts_entries {
        return HeapKind::Collection;
    }
    if keeper.path.last().is_some_and(|step| step.to_type == "closure") {
        HeapKind::Closure
    } else {
        HeapKind::Heap
    }
}

/// Most bytes are those of memory outside the heap.
fn is_external(keeper: &KeeperFacts) -> bool {
    let outside = keeper.parts.iter().filter(|part| part.kind == "native").map(|part| part.bytes);
    outside.sum::<u64>().saturating_mul(2) > keeper.bytes.now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_is_called_by_its_package_wherever_the_program_lies() {
        let step = |name: &str, to: &str| StepFacts {
            edge: "property".to_owned(),
            edge_name: Some(name.to_owned()),
            to: to.to_owned(),
            ..StepFacts::default()
        };
        let named =
            |steps: Vec<StepFacts>| holder(&KeeperFacts { path: steps, ..KeeperFacts::default() }, true).0;
        let way = |file| vec![step("cache", "Object"), step(file, "Module"), step("exports", "Map")];
        assert_eq!(
            named(way("/app/node_modules/log4js/lib/categories.js")),
            "exports of log4js/lib/categories.js"
        );
        assert_eq!(named(way(r"C:\app\node_modules\log4js\index.js")), r"exports of log4js\index.js");
        assert_eq!(named(way("/app/jobs/mail.js")), "exports of mail.js");
        assert_eq!(named(way("/app/jobs/mail.js")[..2].to_vec()), "mail.js");
        assert_eq!(named(vec![step("bus", "Bus"), step("/jobs", "Array")]), "bus./jobs");
    }

    #[test]
    fn what_lies_in_nameless_storage_is_called_by_what_that_hangs_on() {
        let step = |edge: &str, to: &str| StepFacts {
            edge: edge.to_owned(),
            to: to.to_owned(),
            ..StepFacts::default()
        };
        let path =
            vec![step("shortcut", "global"), step("internal", "(system)"), step("internal", "(string)")];
        let keeper = KeeperFacts { path, suspect_from: 1, counts_entries: true, ..KeeperFacts::default() };
        assert_eq!(holder(&keeper, false), ("global".to_owned(), String::new()));
    }
}
