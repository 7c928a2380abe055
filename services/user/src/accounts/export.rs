//! A person's own data, on the way out.

use super::Accounts;
use crate::{error::Error, export::Piece};
use streamly_auth::access::Claims;
use tokio::sync::mpsc;

impl Accounts {
    /// The caller's user name and the pieces of the document of all that is known, soon after a sign-in.
    pub(crate) async fn export(&self, claims: &Claims) -> Result<(String, mpsc::Receiver<Piece>), Error> {
        let user = self.recent_caller(claims).await?;
        self.limiter.export(&user.id.to_string()).await?;
        let pieces = self.exports.begin(user.id).await?;
        tracing::info!(user = %user.id, "takes the account's data out");
        Ok((user.username, pieces))
    }
}
