//! Long turns at a processor, for threads that compute: whoever wakes up meanwhile does not wait until their turn is over.
//!
//! A request wakes a handful of threads of several processes, one after the other. Beside a thread that computes each of them may wait for the end of
//! its turn, some milliseconds, however nice it is. The kernel interrupts a turn for whoever has a shorter one (EEVDF, Linux 6.12 and later;
//! `sched_runtime` of `sched_setattr(2)`), and all have the same unless they ask.

use std::{io, time::Duration};

/// The longest that the kernel takes.
const TURN: Duration = Duration::from_millis(100);

/// Gives this thread long turns; its share stays what its nice value says, which is `nice` from then on. Errors: the system refuses it, or has no
/// such thing. An older kernel takes it and does nothing.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "sched_setattr(2) has no function in the C library, nor a safe one elsewhere")]
pub(super) fn take_long(nice: i32) -> io::Result<()> {
    let attributes = libc::sched_attr {
        size: u32::try_from(size_of::<libc::sched_attr>()).map_err(io::Error::other)?,
        sched_policy: 0,
        // Whoever starts the process may have chosen another policy than the usual one.
        sched_flags: u64::from(libc::SCHED_FLAG_KEEP_POLICY.unsigned_abs()),
        sched_nice: nice,
        sched_priority: 0,
        sched_runtime: u64::try_from(TURN.as_nanos()).map_err(io::Error::other)?,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the kernel reads as many bytes as `size` says, which is all of them; 0 is this thread.
    let done = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// There is no such thing.
#[cfg(not(target_os = "linux"))]
pub(super) fn take_long(_nice: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// What the kernel says of this thread ("se.slice" of `/proc/PID/sched`); none: nothing.
    fn slice_ns() -> Option<u64> {
        let sched = std::fs::read_to_string("/proc/thread-self/sched").ok()?;
        let line = sched.lines().find(|line| line.starts_with("se.slice"))?;
        line.split_whitespace().last()?.parse().ok()
    }

    /// Whether threads may have turns of their own.
    fn is_new_enough() -> bool {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let mut numbers = release.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        (numbers.next(), numbers.next()) >= (Some(6), Some(12))
    }

    #[test]
    fn a_thread_has_long_turns_and_those_beside_it_have_not() {
        let before = slice_ns();
        let (done, after) = std::thread::spawn(|| (take_long(3), slice_ns())).join().unwrap();
        done.unwrap();
        assert_eq!(slice_ns(), before);
        if is_new_enough() && before.is_some() {
            assert_eq!(after.map(u128::from), Some(TURN.as_nanos()));
        }
    }
}
