//! Hashing: what is known again, what is outdated, and that no check tells by its time whose it was.

use super::*;
use streamly_config::ByteSize;

fn hasher(parallel: usize, queue: usize) -> Hasher {
    let config = PasswordConfig {
        memory: ByteSize::new(64 << 10),
        passes: 1,
        parallel,
        queue,
        ..PasswordConfig::default()
    };
    Hasher::new(&config).unwrap()
}

#[tokio::test]
async fn a_password_is_known_again_and_no_account_never_matches() {
    let h = hasher(1, 1);
    let stored = h.hash(Secret::new("correct horse")).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
    let known = h.verify(Secret::new("correct horse"), Some(stored.clone())).await.unwrap();
    assert!(known.right && !known.outdated);
    assert!(!h.verify(Secret::new("wrong horse"), Some(stored)).await.unwrap().right);
    assert!(!h.verify(Secret::new("correct horse"), None).await.unwrap().right);
}

/// Processor time of this thread, seconds: what others do on this machine is not in it.
fn spent() -> f64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
    std::time::Duration::from(now).as_secs_f64()
}

#[test]
fn a_check_against_nobody_is_the_same_work_as_one_against_an_account() {
    let config = PasswordConfig { memory: ByteSize::new(1 << 20), passes: 4, ..PasswordConfig::default() };
    let h = Hasher::new(&config).unwrap();
    let stored = hash(&h.argon2, b"correct horse").unwrap();
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..201 {
        for turn in 0..2 {
            let who = (turn + round) % 2;
            let account = [Some(stored.as_str()), None][who];
            let before = spent();
            assert!(!h.check(b"wrong horse", account).unwrap().right);
            times[who].push(spent() - before);
        }
    }
    let [account, nobody] = times.map(|mut all| {
        all.sort_unstable_by(f64::total_cmp);
        all[all.len() / 2]
    });
    assert!((0.9..1.1).contains(&(nobody / account)), "{nobody} s and {account} s");
}

/// "correct horse", by libxcrypt's crypt(3).
const OLD: &str = "$2b$12$8GodpwnfGAb8rorkQZ5Zdu1KjdwhDiUhk9t52AaoKqyf5QjY6VcW2";

#[tokio::test]
async fn a_hash_of_bcrypt_or_of_other_parameters_is_checked_and_outdated() {
    let h = hasher(1, 1);
    let known = h.verify(Secret::new("correct horse"), Some(OLD.into())).await.unwrap();
    assert!(known.right && known.outdated);
    assert!(!h.verify(Secret::new("wrong horse"), Some(OLD.into())).await.unwrap().right);
    let weaker = PasswordConfig { memory: ByteSize::new(32 << 10), passes: 1, ..PasswordConfig::default() };
    let stored = Hasher::new(&weaker).unwrap().hash(Secret::new("correct horse")).await.unwrap();
    let known = h.verify(Secret::new("correct horse"), Some(stored)).await.unwrap();
    assert!(known.right && known.outdated);
    assert!(h.verify(Secret::new("x"), Some("$2b$12$junk".into())).await.is_err());
}

#[tokio::test]
async fn where_bcrypt_is_set_it_makes_the_hashes_and_those_of_argon2_are_outdated() {
    let quick = |config: PasswordConfig| PasswordConfig {
        memory: ByteSize::new(64 << 10),
        passes: 1,
        parallel: 1,
        ..config
    };
    let argon2 = hasher(1, 1).hash(Secret::new("correct horse")).await.unwrap();
    let config = PasswordConfig { algorithm: Kind::Bcrypt, bcrypt_cost: 10, ..PasswordConfig::default() };
    let h = Hasher::new(&quick(config)).unwrap();
    let stored = h.hash(Secret::new("correct horse")).await.unwrap();
    assert!(stored.starts_with("$2b$10$"), "{stored}");
    let check =
        async |text: &str, stored: &str| h.verify(Secret::new(text), Some(stored.into())).await.unwrap();
    assert_eq!(check("correct horse", &stored).await, Verified { right: true, outdated: false });
    assert!(!check("wrong horse", &stored).await.right);
    assert_eq!(check("correct horse", &argon2).await, Verified { right: true, outdated: true });
    assert_eq!(
        check("correct horse", OLD).await,
        Verified { right: true, outdated: true },
        "of another cost"
    );
    // What bcrypt would not look at is not taken.
    let long = h.hash(Secret::new("x".repeat(73))).await;
    assert!(matches!(long, Err(Error::Invalid(_))));
    assert!(h.hash(Secret::new("x".repeat(72))).await.is_ok());
}

#[test]
fn while_there_are_hashes_of_bcrypt_every_check_is_the_same_work() {
    let h = hasher(1, 1);
    let new = hash(&h.argon2, b"correct horse").unwrap();
    h.expect_bcrypt(true);
    let times = [Some(OLD), Some(new.as_str()), None].map(|account| {
        let mut all: Vec<_> = (0..3)
            .map(|_| {
                let before = spent();
                assert!(!h.check(b"wrong horse", account).unwrap().right);
                spent() - before
            })
            .collect();
        all.sort_unstable_by(f64::total_cmp);
        all[1]
    });
    for other in &times[1..] {
        assert!((0.8..1.25).contains(&(other / times[0])), "{times:?}");
    }
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let h = hasher(1, 1);
    let running = h.slots.clone().acquire_owned().await.unwrap();
    let ticket = h.tickets.clone().try_acquire_owned().unwrap();
    let waiting = tokio::spawn({
        let h = h.clone();
        async move { h.hash(Secret::new("one")).await }
    });
    while h.tickets.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(h.hash(Secret::new("two")).await, Err(Error::HashQueueFull)));
    drop((running, ticket));
    assert!(waiting.await.unwrap().is_ok());
}

#[test]
fn who_would_wait_too_long_is_told_at_once_but_a_few_may_always_wait() {
    let line = |slots, takes_ms: u64| Line {
        most: 100,
        slots,
        longest: Duration::from_millis(800),
        takes_us: AtomicU64::new(takes_ms * 1000),
    };
    // One runs and 25 ms each: 31 others are ahead of the last one who is done in time.
    assert!(line(1, 25).takes(32) && !line(1, 25).takes(33));
    assert!(line(2, 25).takes(65) && !line(2, 25).takes(66));
    assert!(line(1, 2_000).takes(4) && !line(1, 2_000).takes(5), "a slow machine");
    assert!(line(1, 0).takes(99), "nothing is known yet");
}

#[test]
fn what_a_hash_takes_follows_the_latest_ones() {
    let line = Line { most: 1, slots: 1, longest: Duration::ZERO, takes_us: AtomicU64::new(0) };
    line.took(Duration::from_millis(10));
    assert_eq!(line.takes_us.load(Ordering::Relaxed), 10_000);
    (0..60).for_each(|_| line.took(Duration::from_millis(50)));
    let takes = line.takes_us.load(Ordering::Relaxed);
    assert!((45_000..=50_000).contains(&takes), "{takes}");
}
