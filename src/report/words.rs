//! What a finding is called, and the call that fixes it.

use super::heap_names::HeapKind;
use crate::ledger::batch::ResourceKind;
use crate::ledger::texts::Shape;

/// Events named in one title.
const MAX_NAMES: usize = 4;

/// What it is, in words: `'end' listener`, `interval`.
#[must_use]
pub fn description(kind: ResourceKind, shape: &Shape) -> String {
    match (kind, &shape.event) {
        (ResourceKind::Listener, Some(event)) => format!("'{event}' listener"),
        (ResourceKind::Stream, _) => match shape.owner.as_deref() {
            Some("ReadStream") => "read stream".to_owned(),
            Some("WriteStream") => "write stream".to_owned(),
            Some("ClientHttp2Stream") => "http2 stream".to_owned(),
            _ => kind.name().to_owned(),
        },
        (ResourceKind::File, _) if is_lost(shape) => "FileHandle that nobody closed".to_owned(),
        (ResourceKind::ChildProcess, _) => "child process".to_owned(),
        (ResourceKind::Worker, _) => "worker thread".to_owned(),
        (ResourceKind::Port, _) => "message port".to_owned(),
        _ => kind.name().to_owned(),
    }
}

/// Several listeners of one line, each as it is called: `'close', 'end' listeners`. All of them are companions, so of many
/// the first are enough.
#[must_use]
pub fn listeners(each: &[String]) -> String {
    let names: Vec<&str> = each.iter().map(|name| name.trim_end_matches(" listener")).collect();
    match names.len() {
        0 | 1 => each.first().cloned().unwrap_or_default(),
        2..=MAX_NAMES => format!("{} listeners", names.join(", ")),
        many => format!("{} and {} more listeners", names[..MAX_NAMES - 1].join(", "), many + 1 - MAX_NAMES),
    }
}

/// A collection has closed it: nobody did.
fn is_lost(shape: &Shape) -> bool {
    shape.owner.as_deref() == Some("FileHandle")
}

/// The same for a handle that a library opened: its methods are not known here.
pub const FIX_CLIENT: &str = "close or release the client, pool or logger that opened it in a finally block, or make it once, outside the job";

/// The same for a socket, which a shared client may open for each job.
pub const FIX_SOCKET: &str = "close or release what opened it in a finally block (a response: read it to its end), or make it once, outside the job";

/// The same for what else a library started: the application has no timer to clear, and no function to take off.
pub const FIX_STARTED: &str =
    "stop, close or unsubscribe what started it in a finally block, or make it once, outside the job";

/// The same for what piles up inside a library.
pub const FIX_LIBRARY: &str =
    "take it out when the job ends (close, delete, unsubscribe), bound it, or make it once, outside the job";

/// The same for a slice of a text, as V8 makes one from 13 letters on.
pub const FIX_SLICE: &str = "keep a copy of the part: a slice keeps all of the text that it is cut from (Buffer.from(part).toString() is none)";

/// The call that fixes it; the JavaScript side knows the variable and puts its name in.
#[must_use]
pub fn fix(kind: ResourceKind, shape: &Shape) -> String {
    let event = shape.event.as_deref().unwrap_or("event");
    match kind {
        ResourceKind::Listener if shape.target.as_deref() == Some("event-target") => {
            format!("removeEventListener('{event}', fn) in a finally block")
        }
        ResourceKind::Listener => format!("remove it with off('{event}', fn) in a finally block"),
        ResourceKind::Interval => "clearInterval(timer) in a finally block".to_owned(),
        ResourceKind::Timeout => "clearTimeout(timer) in a finally block".to_owned(),
        ResourceKind::Immediate => "stop the loop when the job ends (clearImmediate)".to_owned(),
        ResourceKind::Socket if shape.owner.as_deref() == Some("Socket") => {
            "end or destroy it, or the agent that opened it, in a finally block".to_owned()
        }
        ResourceKind::Server => "server.close() in a finally block".to_owned(),
        ResourceKind::ChildProcess => "child.kill() in a finally block".to_owned(),
        ResourceKind::Worker => "await worker.terminate() in a finally block".to_owned(),
        ResourceKind::Watcher => "watcher.close() in a finally block".to_owned(),
        ResourceKind::File if is_lost(shape) => {
            "await handle.close() in a finally block: Node closes it when it collects, on Node 26 with an error".to_owned()
        }
        ResourceKind::Socket | ResourceKind::File => "close it in a finally block".to_owned(),
        ResourceKind::Stream if shape.owner.as_deref() == Some("ClientHttp2Stream") => {
            "stream.close() in a finally block, or end it and read it to its end".to_owned()
        }
        ResourceKind::Port => {
            "close() the channel or port in a finally block: one that is open is never collected".to_owned()
        }
        ResourceKind::Stream => "stream.destroy() in a finally block, or stream.pipeline()".to_owned(),
    }
}

/// What piles up, and where: `entry in cache (Map)`.
#[must_use]
pub fn heap_description(kind: HeapKind, name: &str, class: &str) -> String {
    let thing = match kind {
        HeapKind::Collection => "entry in",
        HeapKind::Promise => "reaction on",
        HeapKind::External => "buffer in",
        HeapKind::Closure => "bytes of functions behind",
        HeapKind::Heap => "bytes in",
    };
    match (name.is_empty(), class.is_empty()) {
        (false, false) => format!("{thing} {name} ({class})"),
        (false, true) => format!("{thing} {name}"),
        (true, false) => format!("{thing} {class}"),
        (true, true) => format!("{thing} an unknown place"),
    }
}

/// What to do about it.
#[must_use]
pub fn heap_fix(kind: HeapKind, name: &str, of_functions: bool) -> String {
    let it = if name.is_empty() { "it" } else { name };
    match kind {
        HeapKind::Collection if of_functions => {
            format!("take the function out when the job ends (off, unsubscribe), or bound {it}")
        }
        HeapKind::Collection => format!("delete the entry when the job ends, or bound {it}"),
        HeapKind::External => format!("let the buffer go when the job ends, or bound {it}"),
        HeapKind::Promise => {
            "race against a promise made for this job, and settle it at its end: a reaction stays as long as its promise"
                .to_owned()
        }
        HeapKind::Closure | HeapKind::Heap => format!("cut the chain when the job ends, or bound {it}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_events_of_one_line_the_first_are_named() {
        let each = |count: usize| {
            let names: Vec<String> = (0..count).map(|at| format!("'e{at}' listener")).collect();
            listeners(&names)
        };
        assert_eq!(each(1), "'e0' listener");
        assert_eq!(each(4), "'e0', 'e1', 'e2', 'e3' listeners");
        assert_eq!(each(12), "'e0', 'e1', 'e2' and 9 more listeners");
    }

    #[test]
    fn listener_is_called_by_its_event() {
        let shape = Shape::parse(r#"{"event":"end"}"#);
        assert_eq!(description(ResourceKind::Listener, &shape), "'end' listener");
        assert_eq!(description(ResourceKind::Listener, &Shape::default()), "listener");
        assert_eq!(description(ResourceKind::Interval, &shape), "interval");
    }

    #[test]
    fn function_that_piles_up_is_taken_out() {
        assert!(heap_fix(HeapKind::Collection, "bus", true).contains("off"));
        assert!(heap_fix(HeapKind::Collection, "cache", false).contains("delete"));
    }

    #[test]
    fn every_kind_names_the_call_that_ends_it() {
        let emitter = Shape::parse(r#"{"event":"end"}"#);
        let target = Shape::parse(r#"{"event":"abort","target":"event-target"}"#);
        assert_eq!(fix(ResourceKind::Listener, &emitter), "remove it with off('end', fn) in a finally block");
        assert_eq!(
            fix(ResourceKind::Listener, &target),
            "removeEventListener('abort', fn) in a finally block"
        );
        for (kind, call) in [
            (ResourceKind::Interval, "clearInterval"),
            (ResourceKind::Timeout, "clearTimeout"),
            (ResourceKind::Immediate, "clearImmediate"),
            (ResourceKind::Socket, "finally"),
            (ResourceKind::Server, "server.close()"),
            (ResourceKind::ChildProcess, "child.kill()"),
            (ResourceKind::Worker, "worker.terminate()"),
            (ResourceKind::Watcher, "watcher.close()"),
            (ResourceKind::File, "close"),
            (ResourceKind::Stream, "stream.destroy()"),
            (ResourceKind::Port, "close()"),
        ] {
            assert!(fix(kind, &Shape::default()).contains(call));
        }
    }
}
