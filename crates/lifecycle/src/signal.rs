//! The operating system's wish to stop, and what serves until then.

use crate::Shutdown;

/// Returns at the first SIGINT or SIGTERM. Errors: the handlers could not be installed.
pub async fn until_stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}

/// Runs `serving` to its end, and starts the stop at the first SIGINT or SIGTERM. No task is spawned: both end here. Errors: the
/// handlers could not be installed; what cannot be told to stop is stopped.
pub async fn until_stopped<T>(shutdown: &Shutdown, serving: impl Future<Output = T>) -> std::io::Result<T> {
    let signal = async {
        let seen = tokio::select! {
            seen = until_stop_signal() => seen,
            () = shutdown.started() => Ok(()),
        };
        shutdown.start();
        seen
    };
    let serving = async {
        let done = serving.await;
        shutdown.start();
        done
    };
    let (done, seen) = tokio::join!(serving, signal);
    seen.map(|()| done)
}

#[cfg(test)]
mod tests {
    use super::until_stopped;
    use crate::Shutdown;

    #[tokio::test]
    async fn what_ends_by_itself_is_not_waited_for_and_its_outcome_is_given() {
        let shutdown = Shutdown::new();
        assert_eq!(until_stopped(&shutdown, async { 7 }).await.unwrap(), 7);
        assert!(shutdown.is_started());
    }

    #[tokio::test]
    async fn a_stop_that_came_otherwise_ends_the_wait_for_signals() {
        let shutdown = Shutdown::new();
        shutdown.start();
        until_stopped(&shutdown, shutdown.started()).await.unwrap();
    }
}
