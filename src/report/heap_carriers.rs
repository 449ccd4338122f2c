//! What of a leak a retaining path goes through: then what hangs there is a part of that leak.

use super::heap_facts::StepFacts;
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

/// Those on the last steps of a path, the innermost first: farther up they are the check's own.
#[must_use]
pub fn carriers(path: &[StepFacts]) -> Vec<Carrier<'_>> {
    let path = &path[path.len().saturating_sub(CARRIER_STEPS)..];
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
