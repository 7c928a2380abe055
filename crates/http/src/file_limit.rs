//! Open files: sockets, and whole segments that lie in memory, need a descriptor each.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Most that are asked for: a kernel without a bound of its own need not keep tables for more.
const MOST: u64 = 1 << 20;

/// Raises the soft limit, 1024 on most systems, to the hard one. Without it the 1,000th viewer is not accepted. If it cannot be raised, the log
/// says so.
pub fn raise_file_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard.min(MOST)
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard.min(MOST), hard)
    {
        tracing::warn!(soft, %error, "the limit of open files stays low");
    }
}
