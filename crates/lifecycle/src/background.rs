//! Threads for computations that somebody waits for, and everybody else should not: hashes of passwords above all. Each takes a core for tens of
//! milliseconds, so their threads are a little nicer than those that answer.
//!
//! Not tokio's blocking threads: a thread's priority can be lowered without privileges, but not raised again for what comes after.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
};
use tokio::sync::oneshot;

/// By how much nicer than the process these threads are: a third of the weight (sched(7), "The nice value"). They still get a quarter of a core
/// that somebody else wants all of.
const NICER: i32 = 5;

type Job = Box<dyn FnOnce() + Send>;

/// Some threads. They end when it is dropped, each after what it computes.
#[derive(Debug)]
pub struct Background {
    jobs: mpsc::Sender<Job>,
}

/// The computation panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a computation in the background panicked")]
pub struct Panicked;

impl Background {
    /// Starts so many threads, at least one. `name`: what tools show, at most 15 bytes of it. Errors: the system has no thread left.
    pub fn start(name: &str, threads: usize) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..threads.max(1) {
            let waiting = waiting.clone();
            std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&waiting))?;
        }
        Ok(Self { jobs })
    }

    /// Computes on one of the threads, after what came before. It is computed whether or not somebody still waits.
    pub async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (done, result) = oneshot::channel();
        let job = move || drop(done.send(compute()));
        self.jobs.send(Box::new(job)).map_err(|_| Panicked)?;
        result.await.map_err(|_| Panicked)
    }
}

fn work(waiting: &Mutex<mpsc::Receiver<Job>>) {
    if let Err(e) = rustix::process::nice(NICER) {
        tracing::debug!(error = %e, "threads in the background are as important as all others");
    }
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // What was to be answered is dropped then, which the caller hears.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The nice value of a thread of this process (proc(5), field 19 of `stat`).
    fn nice_of_this_thread() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        fields.split(' ').nth(16).unwrap().parse().unwrap()
    }

    #[tokio::test]
    async fn they_are_nicer_and_nobody_else_is() {
        let before = nice_of_this_thread();
        let background = Background::start("test", 2).unwrap();
        assert_eq!(background.run(nice_of_this_thread).await, Ok((before + NICER).min(19)));
        assert_eq!(nice_of_this_thread(), before);
    }

    #[tokio::test]
    async fn as_many_compute_at_once_as_there_are_threads() {
        let background = Background::start("test", 2).unwrap();
        let meet = Arc::new(std::sync::Barrier::new(2));
        let other = meet.clone();
        // Neither would end alone.
        let (a, b) = tokio::join!(
            background.run(move || meet.wait().is_leader()),
            background.run(move || other.wait().is_leader())
        );
        assert_ne!(a.unwrap(), b.unwrap());
    }

    #[tokio::test]
    async fn a_panic_is_told_and_the_thread_goes_on() {
        let background = Background::start("test", 1).unwrap();
        assert_eq!(background.run(|| panic!("broken on purpose")).await, Err::<(), _>(Panicked));
        assert_eq!(background.run(|| 7).await, Ok(7));
    }
}
