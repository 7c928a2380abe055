//! Since when a user's access tokens are good: `rev:{user_id}`, Unix seconds before which they are void, written by `user` when somebody is suspended,
//! changes the password or ends a sign-in from afar (docs/ARCHITECTURE.md). The key lives as long as the last of them could.
//!
//! Redis away, or a value that is none: nothing is void, the token's own end is the bound.

use crate::{Error, Redis, Script};
use std::{
    fmt::Display,
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Longest wait for the answer: every call with a token waits for it.
const PATIENCE: Duration = Duration::from_millis(300);

/// KEYS[1]: since when tokens are good. ARGV: such a moment, and for how many seconds it counts. An earlier one than is there changes
/// nothing: several say so, and not in order.
const VOID: &str = r"
if (tonumber(redis.call('GET', KEYS[1]) or '') or 0) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
end
return 0
";

impl Redis {
    /// Voids the user's access tokens that were signed before (Unix seconds), for as long as one that is signed now could be good, which is
    /// `lifetime`; longer by what the moment is ahead, since the last of them may name it.
    pub async fn void(&self, user: impl Display, before: u64, lifetime: Duration) -> Result<(), Error> {
        static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(VOID));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let during = lifetime.as_secs() + before.saturating_sub(now);
        let args = [before.to_string(), during.to_string()];
        SCRIPT.run::<i64>(self, [format!("rev:{user}")], args).await.map(drop)
    }

    /// Whether the user's access tokens signed at `iat` (Unix seconds) are void.
    pub async fn is_void(&self, user: impl Display, iat: u64) -> bool {
        self.asked_void(user, iat).await.unwrap_or(false)
    }

    /// The same where a guess will not do: `None` if Redis does not say.
    pub async fn asked_void(&self, user: impl Display, iat: u64) -> Option<bool> {
        let asked =
            tokio::time::timeout(PATIENCE, self.call::<Option<String>>("GET", [format!("rev:{user}")]));
        let before = asked.await.ok()?.ok()?;
        Some(before.and_then(|b| b.parse::<u64>().ok()).is_some_and(|b| iat < b))
    }
}
