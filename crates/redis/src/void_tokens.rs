//! Since when a user's access tokens are good: `rev:{user_id}`, Unix seconds before which they are void, written by `user` when somebody is suspended,
//! changes the password or ends a sign-in from afar (docs/ARCHITECTURE.md). The key lives as long as the last of them could.
//!
//! Redis away, or a value that is none: nothing is void, the token's own end is the bound.

use crate::Redis;
use std::time::Duration;

/// Longest wait for the answer: every call with a token waits for it.
const PATIENCE: Duration = Duration::from_millis(300);

impl Redis {
    /// Whether the user's access tokens signed at `iat` (Unix seconds) are void.
    pub async fn is_void(&self, user: impl std::fmt::Display, iat: u64) -> bool {
        self.asked_void(user, iat).await.unwrap_or(false)
    }

    /// The same where a guess will not do: `None` if Redis does not say.
    pub async fn asked_void(&self, user: impl std::fmt::Display, iat: u64) -> Option<bool> {
        let asked =
            tokio::time::timeout(PATIENCE, self.call::<Option<String>>("GET", [format!("rev:{user}")]));
        let before = asked.await.ok()?.ok()?;
        Some(before.and_then(|b| b.parse::<u64>().ok()).is_some_and(|b| iat < b))
    }
}
