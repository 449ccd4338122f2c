//! Snapshots from files and other readers.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::{ErrorKind, Result, SnapshotError};
use super::graph::Graph;
use super::parser::Parser;
use super::progress::Progress;

/// Large enough that calls into the kernel do not count, small enough to stay in the cache.
const PIECE_BYTES: usize = 256 * 1024;

/// Reads the snapshot in a file.
///
/// # Errors
///
/// When the file cannot be read or is no heap snapshot.
pub fn open(path: &Path) -> Result<Graph> {
    open_with(path, &Progress::default())
}

/// The same, telling how far it has come, and stopping when told to.
///
/// # Errors
///
/// The same, and when it was stopped.
pub fn open_with(path: &Path, progress: &Progress) -> Result<Graph> {
    let failed = |error: std::io::Error| {
        let problem = format!("{} cannot be read: {error}", path.display());
        SnapshotError::new(ErrorKind::File, 0, problem)
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    // A pipe says 0.
    read_with(file, metadata.is_file().then_some(metadata.len()), progress)
}

/// Says how much there will be to read, as far as that is known.
pub fn announce<'a>(paths: impl IntoIterator<Item = &'a Path>, progress: &Progress) {
    let sizes = paths.into_iter().filter_map(|path| path.metadata().ok());
    progress.expect(sizes.map(|metadata| metadata.len()).sum());
}

/// Reads a snapshot to the end. `bytes` is its size where it is known.
///
/// # Errors
///
/// When reading fails or it is no heap snapshot.
pub fn read(from: impl Read, bytes: Option<u64>) -> Result<Graph> {
    read_with(from, bytes, &Progress::default())
}

/// The same, telling how far it has come, and stopping when told to.
///
/// # Errors
///
/// The same, and when it was stopped.
pub fn read_with(mut from: impl Read, bytes: Option<u64>, progress: &Progress) -> Result<Graph> {
    let mut parser = Parser::new(bytes);
    let mut piece = vec![0; PIECE_BYTES];
    let mut total = 0;
    loop {
        if progress.is_stopped() {
            return Err(SnapshotError::new(ErrorKind::Stopped, total, "stopped"));
        }
        match from.read(&mut piece) {
            Ok(0) => return parser.finish(),
            Ok(count) => {
                parser.feed(&piece[..count])?;
                total += count as u64;
                progress.add(count as u64);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(SnapshotError::new(ErrorKind::File, total, format!("cannot be read: {error}")));
            }
        }
    }
}
