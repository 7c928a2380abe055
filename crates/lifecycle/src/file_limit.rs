//! Open files: sockets, and whole segments that lie in memory, need a descriptor each.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Most that are asked for: a kernel without a bound of its own need not keep tables for more.
const MOST: u64 = 1 << 20;

/// Raises the soft limit, 1024 on most systems, to the hard one; what it is then. Without it the 1,000th viewer is not accepted. If it
/// cannot be raised, the log says so.
pub fn raise_file_limit() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 0 };
    let wanted = hard.min(MOST);
    if soft >= wanted {
        return soft;
    }
    match setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(soft, %error, "the limit of open files stays low");
            soft
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one_and_stays_there() {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
        setrlimit(Resource::RLIMIT_NOFILE, 256.min(hard), hard).expect("it may be lowered");
        let raised = raise_file_limit();
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).map(|l| l.0), Ok(raised));
        assert_eq!((raised, raise_file_limit()), (hard.min(MOST), raised));
    }
}
