//! Errors in people's browsers: told by anybody's page, read and dismissed by admins.

use super::{Accounts, staff::ASKED};
use crate::{
    browser_error::BrowserError,
    error::Error,
    store::browser_errors::{Kept, Place},
};
use streamly_auth::access::Claims;
use streamly_domain::PlatformRole;
use uuid::Uuid;

impl Accounts {
    /// Keeps or counts what the page at `address` tells. Errors: it tells too much.
    pub(crate) async fn browser_error(&self, address: &str, error: &BrowserError) -> Result<(), Error> {
        self.limiter.browser_error(address).await?;
        metrics::counter!("streamly_user_browser_errors_total").increment(1);
        self.store.keep_browser_error(error, self.browser_errors).await
    }

    /// Errors, those first that came up last.
    pub(crate) async fn browser_errors(
        &self,
        claims: &Claims,
        before: Option<Place>,
    ) -> Result<Vec<Kept>, Error> {
        self.staff(claims, PlatformRole::Admin).await?;
        self.store.browser_errors(before, ASKED).await
    }

    /// Takes one off the list, until it is told again.
    pub(crate) async fn forget_browser_error(&self, claims: &Claims, id: Uuid) -> Result<(), Error> {
        let actor = self.staff(claims, PlatformRole::Admin).await?;
        self.store.forget_browser_error(&actor, id).await
    }
}
