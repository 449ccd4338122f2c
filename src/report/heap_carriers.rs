//! What of a leak a retaining path goes through: then what hangs there is a part of that leak.

use super::heap_facts::{KeeperFacts, StepFacts};
use super::model::Leak;

/// From a listener or timer to what hangs on it are so many steps at most.
const CARRIER_STEPS: usize = 6;

/// A listener, timer, immediate or handle through which something is held.
pub struct Carrier<'a> {
    /// Kinds of leak that it is a part of.
    pub kinds: &'static [&'static str],
    event: Option<&'a str>,
}

impl Carrier<'_> {
    /// Whether it is what leaks there.
    #[must_use]
    pub fn is_of(&self, leak: &Leak) -> bool {
        let event = leak.holder.as_ref().and_then(|holder| holder.event.as_deref());
        self.kinds.contains(&leak.kind) && (self.event.is_none() || event.is_none() || self.event == event)
    }
}

/// Those on the last steps of the path to what is kept, the innermost first: farther up they are the check's own.
///
/// What is in one object, beyond a function, hangs on a variable which that function sees among others: that a timer calls it
/// is a way to the variable, and no reason.
#[must_use]
pub fn carriers(keeper: &KeeperFacts) -> Vec<Carrier<'_>> {
    let path = &keeper.path;
    let before_entry = path.split_last().map_or(&path[..], |(_, before)| before);
    let function = before_entry.iter().rposition(|step| step.to_type == "closure");
    let first = function.filter(|_| !keeper.scattered).unwrap_or(0);
    let path = &path[first.max(path.len().saturating_sub(CARRIER_STEPS))..];
    let carrier = |(at, step): (usize, &StepFacts)| {
        let name = step.edge_name.as_deref().unwrap_or_default();
        if name == "_events" {
            let event = path.get(at + 1).and_then(|next| next.edge_name.as_deref());
            return Some(Carrier { kinds: &["listener"], event });
        }
        if name == "<symbol kEvents>" || step.to == "Listener" {
            return Some(Carrier { kinds: &["listener"], event: None });
        }
        match step.to.as_str() {
            "Timeout" | "TimersList" => Some(Carrier { kinds: &["interval", "timeout"], event: None }),
            "Immediate" | "ImmediateList" => Some(Carrier { kinds: &["immediate"], event: None }),
            "Socket" | "TLSSocket" | "TCP" | "TLSWrap" | "Pipe" | "UDP" => {
                Some(handle(&["socket", "server"]))
            }
            "Server" => Some(handle(&["server"])),
            "ChildProcess" | "Process" => Some(handle(&["child-process"])),
            "Worker" => Some(handle(&["worker"])),
            "MessagePort" | "BroadcastChannel" => Some(handle(&["port", "worker"])),
            "FSWatcher" | "StatWatcher" | "FSEvent" => Some(handle(&["watcher"])),
            "ReadStream" | "WriteStream" | "ClientHttp2Stream" | "Http2Stream" => Some(handle(&["stream"])),
            "FileHandle" | "Dir" | "DirHandle" => Some(handle(&["file"])),
            _ => None,
        }
    };
    path.iter().enumerate().rev().filter_map(carrier).collect()
}

const fn handle(kinds: &'static [&'static str]) -> Carrier<'static> {
    Carrier { kinds, event: None }
}
