//! Statements that every connection has prepared before it is given out: for calls with a bound on their time, which would otherwise prepare them
//! one after the other on each connection that is used for the first time.

use deadpool_postgres::{ClientWrapper, Hook, HookError};
use futures_util::future::join_all;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// Texts of statements. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ready(Arc<OnceLock<Vec<String>>>);

impl Ready {
    /// Only the first list counts; connections that are made from now on have it.
    pub(crate) fn keep(&self, statements: Vec<String>) {
        let _ = self.0.set(statements);
    }

    /// For the pool: a new connection has `within` for all of them, which takes two round trips. One that cannot be prepared is prepared where it is
    /// asked, and fails there.
    pub(crate) fn hook(&self, within: Duration) -> Hook {
        let this = self.clone();
        Hook::async_fn(move |client, _| {
            let ready = this.clone();
            Box::pin(async move {
                let Some(statements) = ready.0.get() else { return Ok(()) };
                let client: &ClientWrapper = client;
                let all = join_all(statements.iter().map(|text| client.prepare_cached(text)));
                match tokio::time::timeout(within, all).await {
                    Ok(_) => Ok(()),
                    Err(_) => Err(HookError::message("a new connection does not answer")),
                }
            })
        })
    }
}
