//! A client that is made beside one of a cluster, to take its place.
//!
//! A connection that the network forgot is open and silent. To a single server it is made anew; the client library keeps one to a master that
//! stays a master, whatever comes of it. So another client connects to all of them, and until it has, the one in use serves what the other
//! masters have. There is at most one beside each; while a master is away it goes on trying, by the policy of all connections. Who is not
//! connected needs none: it is connecting to the same masters by itself.

use crate::{
    Config,
    client::{WATCH, dedicated},
};
use fred::{clients::Client, interfaces::ClientLike};
use std::time::Duration;

/// None, or one that is being connected.
#[derive(Default)]
pub(crate) struct Successor(Option<Client>);

impl Successor {
    /// One that is connected to every master; it is waited for as long as from one look at the connection to the next. None: not yet, call
    /// again. Cancel-safe.
    pub(crate) async fn get(&mut self, config: &Config) -> Option<Client> {
        if self.0.is_none() {
            self.0 = Some(dedicated(config).ok()?);
        }
        let connected = match &self.0 {
            Some(client) => tokio::time::timeout(WATCH, client.wait_for_connect()).await,
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
        if let Some(client) = self.0.take() {
            leave(client);
        }
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        self.retire();
    }
}

/// Says goodbye on its connections, in the background; bounded by the time-out of commands. Of one that is silent the client library waits
/// for the answers all the same, until the kernel or the server gives the connection up.
pub(crate) fn leave(client: Client) {
    leave_after(client, Duration::ZERO);
}

/// The same after that time: what was asked for until now is answered or given up by then, and behind a goodbye nothing is answered.
pub(crate) fn leave_after(client: Client, patience: Duration) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            tokio::time::sleep(patience).await;
            client.quit().await
        });
    }
}
