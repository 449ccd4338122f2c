//! What can be wrong with what the JavaScript side hands over.

use std::fmt;

/// A batch that was refused. The ledger is then unchanged.
///
/// Every text names the word that is wrong and what to do: these reach a bug report, not a debugger.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchError {
    /// The batch ends inside its header or a record.
    Truncated {
        /// Where the incomplete part starts.
        index: usize,
        /// Words that part needs.
        needed: u64,
        /// Words there are.
        found: usize,
    },
    /// The batch has another layout version.
    Version {
        /// The version in the batch.
        found: f64,
    },
    /// A word is not a whole number from 0 to 2^53 - 1.
    NotWhole {
        /// Which word.
        index: usize,
        /// What it holds.
        found: f64,
    },
    /// A whole number outside the range of its field.
    OutOfRange {
        /// Which word.
        index: usize,
        /// The field's name.
        field: &'static str,
        /// What it holds.
        found: f64,
    },
    /// The run is not open.
    UnknownRun {
        /// Its id.
        run: u32,
    },
    /// The thread takes no part in the run.
    UnknownThread {
        /// Id of the run.
        run: u32,
        /// Its id.
        thread: u32,
    },
}

/// Both halves are built and installed together; a mismatch has one cause.
const REMEDY: &str = "the JavaScript and native halves of holdover disagree: reinstall holdover so that both have \
                      the same version, and report this if it stays";

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { index, needed, found } => {
                write!(f, "word {index}: {needed} words are needed from here and {found} are left; {REMEDY}")
            }
            Self::Version { found } => {
                write!(f, "word 0: layout version is {found}, not {}; {REMEDY}", super::batch::VERSION)
            }
            Self::NotWhole { index, found } => {
                write!(f, "word {index}: {found} is not a whole number from 0 to 2^53 - 1; {REMEDY}")
            }
            Self::OutOfRange { index, field, found } => {
                write!(f, "word {index}: {found} is not a known {field}; {REMEDY}")
            }
            Self::UnknownRun { run } => {
                write!(f, "word 1: run {run} is not open; call joinRun first and send nothing after leaveRun")
            }
            Self::UnknownThread { run, thread } => {
                write!(f, "word 2: thread {thread} takes no part in run {run}; call joinRun first")
            }
        }
    }
}

impl std::error::Error for BatchError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_names_the_word_and_the_remedy() {
        let errors = [
            BatchError::Truncated { index: 9, needed: 8, found: 2 },
            BatchError::Version { found: 7.0 },
            BatchError::NotWhole { index: 3, found: -1.5 },
            BatchError::OutOfRange { index: 11, field: "kind", found: 99.0 },
        ];
        for error in errors {
            let text = error.to_string();
            assert!(text.starts_with("word ") && text.contains("reinstall holdover"), "{text}");
        }
        assert_eq!(
            BatchError::UnknownRun { run: 4 }.to_string(),
            "word 1: run 4 is not open; call joinRun first and send nothing after leaveRun"
        );
        assert_eq!(
            BatchError::UnknownThread { run: 4, thread: 7 }.to_string(),
            "word 2: thread 7 takes no part in run 4; call joinRun first"
        );
    }
}
