//! Constants of the wire format that both halves share; the binding exports them for the test that compares.

/// Layout version, word 0 of a batch.
pub const VERSION: u32 = 2;
/// Words of the header.
pub const HEADER_WORDS: usize = 9;
/// Tag of a record of finished jobs.
pub const TAG_JOBS: u64 = 1;
/// Words of a record of finished jobs.
pub const JOBS_WORDS: usize = 11;
/// Tag of a record of survivors.
pub const TAG_KEY: u64 = 2;
/// Words of a record of survivors before the survivors.
pub const KEY_HEAD_WORDS: usize = 8;
/// Words of one survivor.
pub const SURVIVOR_WORDS: usize = 5;
/// Tag of a record of an open job.
pub const TAG_OPEN: u64 = 3;
/// Words of a record of an open job before what it holds.
pub const OPEN_HEAD_WORDS: usize = 6;
/// Words of one thing that an open job holds.
pub const HELD_WORDS: usize = 3;
/// Tag of a record with the host's own id of an open job.
pub const TAG_ID: u64 = 4;
/// Words of that record before the id.
pub const ID_HEAD_WORDS: usize = 4;
/// Words of one UTF-16 unit of the id.
pub const UNIT_WORDS: usize = 1;

/// Bits of a survivor's flags that hold how its job ended.
pub const OUTCOME_MASK: u8 = 3;
/// Outcome: the job completed.
pub const OUTCOME_COMPLETED: u8 = 0;
/// Outcome: the job threw or rejected.
pub const OUTCOME_FAILED: u8 = 1;
/// Outcome: the job was given up on.
pub const OUTCOME_TIMED_OUT: u8 = 2;
/// Flag: created after its job had ended.
pub const FLAG_LATE: u8 = 4;
/// Flag: known to be alive by a weak reference alone.
pub const FLAG_WEAK: u8 = 8;
/// Flag: a listener on an `EventTarget`, where Node takes back its own by finalization.
pub const FLAG_TARGET: u8 = 16;
/// All flags.
pub const MAX_FLAGS: u8 = OUTCOME_MASK | FLAG_LATE | FLAG_WEAK | FLAG_TARGET;

/// The largest whole number that a double holds without doubt, 2^53 - 1.
pub const MAX_WORD: f64 = 9_007_199_254_740_991.0;

/// What kind of resource a survivor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    /// A listener on an emitter or event target.
    Listener,
    /// A repeating timer.
    Interval,
    /// A one-shot timer.
    Timeout,
    /// A `setImmediate`.
    Immediate,
    /// A socket: TCP, TLS, pipe or UDP.
    Socket,
    /// A server.
    Server,
    /// A child process.
    ChildProcess,
    /// A worker thread.
    Worker,
    /// A watcher of files.
    Watcher,
    /// A descriptor of a file.
    File,
    /// A stream from or to a file, or one of HTTP/2.
    Stream,
    /// One end of a channel for messages.
    Port,
}

impl ResourceKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Listener,
        Self::Interval,
        Self::Timeout,
        Self::Immediate,
        Self::Socket,
        Self::Server,
        Self::ChildProcess,
        Self::Worker,
        Self::Watcher,
        Self::File,
        Self::Stream,
        Self::Port,
    ];

    /// The kind with this number, if there is one.
    #[must_use]
    pub const fn from_wire(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Listener),
            2 => Some(Self::Interval),
            3 => Some(Self::Timeout),
            4 => Some(Self::Immediate),
            5 => Some(Self::Socket),
            6 => Some(Self::Server),
            7 => Some(Self::ChildProcess),
            8 => Some(Self::Worker),
            9 => Some(Self::Watcher),
            10 => Some(Self::File),
            11 => Some(Self::Stream),
            12 => Some(Self::Port),
            _ => None,
        }
    }

    /// Whether it ends by itself, so that a loop which holds one for ever holds a new one each time.
    #[must_use]
    pub const fn is_ever_young(self) -> bool {
        matches!(self, Self::Timeout | Self::Immediate)
    }

    /// Whether the operating system holds a part of it.
    #[must_use]
    pub const fn is_handle(self) -> bool {
        !matches!(self, Self::Listener | Self::Interval | Self::Timeout | Self::Immediate)
    }

    /// Its number on the wire.
    #[must_use]
    pub const fn wire(self) -> u32 {
        match self {
            Self::Listener => 1,
            Self::Interval => 2,
            Self::Timeout => 3,
            Self::Immediate => 4,
            Self::Socket => 5,
            Self::Server => 6,
            Self::ChildProcess => 7,
            Self::Worker => 8,
            Self::Watcher => 9,
            Self::File => 10,
            Self::Stream => 11,
            Self::Port => 12,
        }
    }

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listener => "listener",
            Self::Interval => "interval",
            Self::Timeout => "timeout",
            Self::Immediate => "immediate",
            Self::Socket => "socket",
            Self::Server => "server",
            Self::ChildProcess => "child-process",
            Self::Worker => "worker",
            Self::Watcher => "watcher",
            Self::File => "file",
            Self::Stream => "stream",
            Self::Port => "port",
        }
    }
}
