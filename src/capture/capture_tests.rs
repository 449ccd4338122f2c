use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use super::pipe::Pipe;
use super::{Capture, Turn};
use crate::snapshot::ErrorKind;
use crate::snapshot::builder::Builder;

/// Tests run side by side, and there is one capture at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Writes as V8 does: opens the path as a file.
fn write(capture: &Capture, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).open(capture.path())?.write_all(bytes)
}

fn snapshot() -> Vec<u8> {
    let mut builder = Builder::default();
    let node = builder.node("object", "Job", 24);
    builder.edge(0, "property", "job", node);
    builder.json().into_bytes()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("holdover-capture-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn begin(file: Option<&PathBuf>, by_pipe: bool) -> Capture {
    Capture::begin(file.map(PathBuf::as_path), by_pipe).unwrap().unwrap()
}

#[test]
fn both_ways_give_the_graph_and_the_file() {
    let _alone = alone();
    let folder = folder("both");
    let file = folder.join("a.heapsnapshot");
    for by_pipe in [true, false] {
        for file in [None, Some(&file)] {
            let capture = begin(file, by_pipe);
            assert_eq!(capture.route(), if by_pipe { "pipe" } else { "file" });
            write(&capture, &snapshot()).unwrap();
            assert_eq!(capture.finish().unwrap().node_count(), 2);
            assert_eq!(file.map(|file| fs::read(file).unwrap()), file.map(|_| snapshot()));
            assert_eq!(fs::read_dir(&folder).unwrap().count(), usize::from(file.is_some()));
            if let Some(file) = file {
                fs::remove_file(file).unwrap();
            }
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_cut_leaves_no_file_and_the_one_before() {
    let _alone = alone();
    let folder = folder("cut");
    let file = folder.join("a.heapsnapshot");
    fs::write(&file, "before").unwrap();
    for by_pipe in [true, false] {
        let capture = begin(Some(&file), by_pipe);
        let whole = snapshot();
        write(&capture, &whole[..whole.len() / 2]).unwrap();
        assert_eq!(capture.finish().unwrap_err().kind, ErrorKind::Truncated);
        // Let go without being finished.
        drop(begin(Some(&file), by_pipe));
    }
    // The thread of the last one ends by itself.
    while fs::read_dir(&folder).unwrap().count() > 1 {
        std::thread::yield_now();
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "before");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_no_snapshot_is_read_to_the_end() {
    let _alone = alone();
    let capture = begin(None, true);
    // More than a pipe holds: it would fail, or wait for ever.
    write(&capture, &vec![b'?'; 1 << 20]).unwrap();
    assert_eq!(capture.finish().unwrap_err().kind, ErrorKind::Syntax);
}

#[test]
fn one_at_a_time() {
    let _alone = alone();
    let first = begin(None, true);
    assert!(Capture::begin(None, true).unwrap().is_none());
    drop(first);
    assert!(Capture::begin(Some(&PathBuf::from("/nowhere/a")), true).is_err());
    assert!(Turn::take().is_some(), "a capture that could not begin gives its turn back");
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let _alone = alone();
    let folder = folder("kinds");
    let error = Capture::begin(Some(&folder), true).err().unwrap();
    assert!(error.problem.ends_with("cannot be written: it is no ordinary file"), "{}", error.problem);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
#[cfg(unix)]
fn a_folder_that_does_not_show_the_pipe_is_passed_over() {
    let folder = folder("fd");
    let missing = folder.join("missing");
    assert!(Pipe::open_in(&[missing.to_str().unwrap()]).is_none());
    assert!(Pipe::open_in(&[missing.to_str().unwrap(), "/dev/fd"]).is_some());
    // Something else under that name.
    for number in 0..64 {
        fs::write(folder.join(number.to_string()), "").unwrap();
    }
    assert!(Pipe::open_in(&[folder.to_str().unwrap()]).is_none());
    fs::remove_dir_all(folder).unwrap();
}
