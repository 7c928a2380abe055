//! New request ids: UUIDs of version 7 (RFC 9562, 5.7), which need no random bytes of the kernel each.
//!
//! The random end of the thread's first id and a counter of 32 bits stand behind the millisecond. So ids are unique, and tell an outsider how many
//! requests a thread has answered; nothing is kept secret by them.

use std::cell::Cell;
use uuid::{Builder, Uuid};

thread_local! {
    static SEED: [u8; 16] = *Uuid::now_v7().as_bytes();
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

/// Another one.
pub(crate) fn new_id() -> Uuid {
    id_at(super::unix_millis())
}

/// Another one at that moment, in milliseconds since 1970.
pub(super) fn id_at(unix_millis: u64) -> Uuid {
    let count = COUNT.replace(COUNT.get().wrapping_add(1));
    let mut tail = [0; 10];
    SEED.with(|seed| tail[..6].copy_from_slice(&seed[10..]));
    tail[6..].copy_from_slice(&count.to_be_bytes());
    Builder::from_unix_timestamp_millis(unix_millis, &tail).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn ids_differ_within_a_thread_and_between_threads() {
        let make = || (0..10_000).map(|_| super::new_id()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(make)).collect();
        let all: HashSet<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(all.len(), 40_000);
        assert!(all.iter().all(|id| id.get_version_num() == 7));
    }
}
