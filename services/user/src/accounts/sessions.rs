//! A user's sign-ins: listed and ended. Ending one voids all access tokens that are out; the others are renewed without a word.

use super::Accounts;
use crate::{device, error::Error};
use streamly_auth::access::Claims;
use time::OffsetDateTime;
use uuid::Uuid;

/// A sign-in as its owner sees it.
pub(crate) struct Session {
    pub(crate) id: Uuid,
    /// The one that asks.
    pub(crate) current: bool,
    pub(crate) user_agent: Option<String>,
    /// "Firefox on Linux".
    pub(crate) device: String,
    pub(crate) ip: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_used_at: OffsetDateTime,
}

impl Accounts {
    /// The caller's sign-ins, the last used first.
    pub(crate) async fn sessions(&self, claims: &Claims) -> Result<Vec<Session>, Error> {
        let user = self.caller(claims).await?;
        let listed = self.store.sessions(user.id).await?;
        Ok(listed
            .into_iter()
            .map(|s| Session {
                id: s.id,
                current: claims.sid == Some(s.id),
                device: device::words(s.user_agent.as_deref()),
                user_agent: s.user_agent,
                ip: s.ip,
                created_at: s.started_at,
                last_used_at: s.last_used_at,
            })
            .collect())
    }

    /// Ends one of the caller's sign-ins.
    pub(crate) async fn end_session(&self, claims: &Claims, session: &str) -> Result<(), Error> {
        let user = self.caller(claims).await?;
        let session = session.parse().map_err(|_| Error::SessionNotFound)?;
        self.limiter.session_end(&user.id.to_string()).await?;
        self.store.end_session(user.id, session).await?;
        self.bell.notify_one();
        tracing::info!(user = %user.id, %session, "a session was ended from afar");
        Ok(())
    }

    /// Ends all of the caller's sign-ins but this one; without one, all.
    pub(crate) async fn end_other_sessions(&self, claims: &Claims) -> Result<(), Error> {
        let user = self.caller(claims).await?;
        self.limiter.session_end(&user.id.to_string()).await?;
        self.store.end_other_sessions(user.id, claims.sid).await?;
        self.bell.notify_one();
        tracing::info!(user = %user.id, "all other sessions were ended");
        Ok(())
    }
}
