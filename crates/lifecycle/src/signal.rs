//! Waits for the operating system's wish to stop.

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
