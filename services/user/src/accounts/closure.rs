//! Accounts that go: closed by their owner, taken back by the link of a mail, erased when the grace is over (ADR 0031).

use super::Accounts;
use crate::{
    error::Error,
    refresh::Token,
    store::{families::Device, users::User},
};
use std::time::Duration;
use streamly_auth::access::Claims;
use streamly_lifecycle::Shutdown;
use time::OffsetDateTime;

impl Accounts {
    /// Closes the caller's account, soon after a sign-in. When it will be erased.
    pub(crate) async fn close(&self, claims: &Claims) -> Result<OffsetDateTime, Error> {
        let user = self.recent_caller(claims).await?;
        self.limiter.mail(&user.id.to_string()).await?;
        let token = Token::random()?;
        let letter = |erase_at| self.site.account_closed(user.reader(None), erase_at, &token);
        let (erase_at, good_from) = self.store.close(&user, self.grace, &token, letter).await?;
        self.ring();
        self.void_now(user.id, good_from).await;
        tracing::info!(user = %user.id, %erase_at, "closed the account");
        Ok(erase_at)
    }

    /// Who knows a closed account's password gets nothing by it, but its owner gets the mail with the link once more.
    pub(super) async fn way_back(&self, user: &User) {
        if !user.closed || user.suspended {
            return;
        }
        let sent = async {
            let token = Token::random()?;
            let letter = |erase_at| self.site.account_closed(user.reader(None), erase_at, &token);
            self.store.tell_the_way_back(user, &token, letter).await
        };
        match sent.await {
            Ok(()) => self.ring(),
            Err(e) => tracing::warn!(cause = ?e, user = %user.id, "the way back was not sent again"),
        }
    }

    /// Takes a closed account back.
    pub(crate) async fn restore(&self, token: &Token, device: &Device) -> Result<(), Error> {
        self.limiter.link(&device.ip).await?;
        let user = self.store.restore(token, &self.site, device.language).await?;
        self.ring();
        tracing::info!(%user, "took the account back");
        Ok(())
    }

    /// Erases accounts whose grace is over, until the stop. A failure is tried again at the next round.
    pub(crate) async fn erase(&self, shutdown: Shutdown) {
        // Often enough that a short grace is kept, too.
        let round = (self.grace / 10).clamp(Duration::from_millis(100), Duration::from_secs(60));
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(round) => {}
            }
            match self.store.tell_deletions_again().await {
                Ok(0) => {}
                Ok(_) => self.ring(),
                Err(e) => tracing::warn!(cause = ?e, "erased accounts are not told of again for now"),
            }
            loop {
                match self.store.erase_one(&self.site).await {
                    Ok(Some(user)) => {
                        metrics::counter!("streamly_user_erased_total").increment(1);
                        tracing::info!(%user, "an account was erased");
                        self.ring();
                    }
                    Ok(None) => break,
                    Err(e) => {
                        tracing::warn!(cause = ?e, "accounts are not erased for now");
                        break;
                    }
                }
            }
        }
    }
}
