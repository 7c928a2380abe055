//! What the browser says that an authenticator signed for (WebAuthn level 3, §5.8.1).

use super::Refused;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

/// The part of it that is looked at.
#[derive(Deserialize)]
pub(super) struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    /// In a frame of another site's page.
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

impl ClientData {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        serde_json::from_slice(bytes).map_err(|_| Refused::ClientData)
    }

    pub(super) fn challenge(&self) -> Result<Vec<u8>, Refused> {
        URL_SAFE_NO_PAD.decode(&self.challenge).map_err(|_| Refused::ClientData)
    }

    pub(super) fn is(&self, ceremony: &str) -> bool {
        self.r#type == ceremony
    }

    /// Exactly this origin, in a page of its own.
    pub(super) fn is_from(&self, origin: &str) -> bool {
        self.origin == origin && !self.cross_origin
    }
}
