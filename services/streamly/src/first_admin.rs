//! The one-time link to the first admin, printed while there is none. Its token is a secret of the installation, never logged.
//!
//! Whether it still works `user` knows; if that does not answer, nothing is printed, and the next start tries again.

use crate::{
    plan::FIRST_ADMIN,
    secrets::Secrets,
    settings::{Settings, USER},
};
use std::time::Duration;

/// Longest wait for the answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The link, if it works.
pub(crate) async fn link(settings: &Settings, secrets: &Secrets) -> Option<String> {
    let url = format!("http://127.0.0.1:{}/api/admin/first", settings.port(USER));
    let ask = async { reqwest::get(url).await?.error_for_status()?.json::<serde_json::Value>().await };
    let first = tokio::time::timeout(PATIENCE, ask).await.ok()?.ok()?;
    let token = secrets.read(FIRST_ADMIN).filter(|_| first["open"] == true)?;
    Some(format!("{}/first-admin#{token}", settings.public_url))
}
