//! The link in mails that switches them off without a sign-in (RFC 8058). Its token is the person's id and a MAC of it under the pepper
//! of stream keys: nothing is stored, it is good for ever, and all it can do is to stop mails. Not logged all the same.

use crate::key::Vault;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use streamly_domain::UserId;
use uuid::Uuid;

/// What the MAC is for: no other use of the pepper has it.
const PURPOSE: &str = "notices/stop";
/// Bytes of an id.
const ID: usize = 16;
/// Path below the web origin; the token follows.
pub const PATH: &str = "/api/streams/me/notices/stop/";

/// A person's token.
pub fn token(vault: &Vault, user: UserId) -> String {
    let id = user.0.as_bytes();
    URL_SAFE_NO_PAD.encode([&id[..], &vault.mac(PURPOSE, id)].concat())
}

/// The link with it.
pub fn url(public_url: &str, vault: &Vault, user: UserId) -> String {
    format!("{}{PATH}{}", public_url.trim_end_matches('/'), token(vault, user))
}

/// Whose token it is; compared in constant time.
pub fn whose(vault: &Vault, token: &str) -> Option<UserId> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, mac) = bytes.split_at_checked(ID)?;
    vault.is_mac(PURPOSE, id, mac).then_some(())?;
    Some(UserId(Uuid::from_slice(id).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn a_token_is_one_persons_and_of_one_platform() {
        let vault = |pepper: &str| Vault::new(pepper, &STANDARD.encode([7u8; 32])).unwrap();
        let (here, there) = (vault("a pepper of some length"), vault("another pepper of length"));
        let (ada, bob) = (UserId::new(), UserId::new());
        let token_of_ada = token(&here, ada);
        assert_eq!(whose(&here, &token_of_ada), Some(ada));
        assert_eq!(whose(&there, &token_of_ada), None);
        assert_ne!(token_of_ada, token(&here, bob));
        let bytes = URL_SAFE_NO_PAD.decode(&token_of_ada).unwrap();
        // Somebody else's id before the same MAC, a bit less, nothing at all.
        let forged = [bob.0.as_bytes(), &bytes[ID..]].concat();
        for bad in [&forged[..], &bytes[..bytes.len() - 1], &bytes[..ID], &[]] {
            assert_eq!(whose(&here, &URL_SAFE_NO_PAD.encode(bad)), None);
        }
        assert!(
            url("https://s.example/", &here, ada)
                .starts_with("https://s.example/api/streams/me/notices/stop/")
        );
    }
}
