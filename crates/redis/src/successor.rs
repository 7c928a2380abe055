//! A client that is made beside one of a cluster, to take its place.
//!
//! A connection that the network forgot is open and silent. To a single server it is made anew; the client library keeps one to a master that
//! stays a master, whatever comes of it. So another client connects to all of them, and until it has, the one in use serves what the other
//! masters have. There is at most one beside each; while a master is away it goes on trying, by the policy of all connections. Who is not
//! connected needs none: it is connecting to the same masters by itself.
//!
//! A client ends with the task that holds its connections. It is not asked to say goodbye: the library would first wait for all answers, and
//! from a silent master there are none.

use crate::{
    Config,
    client::{WATCH, dedicated},
};
use fred::{clients::Client, interfaces::ClientLike, types::ConnectHandle};
use std::time::Duration;

/// None, or one that is being connected, with its task.
#[derive(Default)]
pub(crate) struct Successor(Option<(Client, ConnectHandle)>);

impl Successor {
    /// One that is connected to every master, and its task; it is waited for as long as from one look at the connection to the next. None:
    /// not yet, call again. Cancel-safe.
    pub(crate) async fn get(&mut self, config: &Config) -> Option<(Client, ConnectHandle)> {
        if self.0.is_none() {
            self.0 = Some(dedicated(config).ok()?);
        }
        let connected = match &self.0 {
            Some((client, _)) => tokio::time::timeout(WATCH, client.wait_for_connect()).await,
            None => return None,
        };
        match connected {
            Ok(Ok(())) => self.0.take(),
            Ok(Err(_)) => {
                // It gave up for good: the next call makes another one.
                self.retire();
                None
            }
            Err(_) => None,
        }
    }

    /// It is not needed any more.
    pub(crate) fn retire(&mut self) {
        if let Some((_, task)) = self.0.take() {
            task.abort();
        }
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        self.retire();
    }
}

/// Ends a client after that time, in the background: what was asked of it until now is answered or given up by then.
pub(crate) fn end_after(task: ConnectHandle, patience: Duration) {
    tokio::spawn(async move {
        tokio::time::sleep(patience).await;
        task.abort();
    });
}
