//! User names: 3-25 of `a-z 0-9 _`, compared without case and kept in lower case. They are the first path segment of a channel's
//! page, so no name may be one that the platform's own routes use ([`RESERVED`]); a test of `web` holds the list against its routes.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Fewest characters.
pub const MIN_LEN: usize = 3;
/// Most characters.
pub const MAX_LEN: usize = 25;

/// Names that nobody can register: present and foreseeable first path segments, and names that look official.
/// `demo` belongs to the demo account, which the platform makes itself.
pub const RESERVED: &[&str] = &[
    "about",
    "account",
    "admin",
    "administrator",
    "api",
    "app",
    "assets",
    "auth",
    "badges",
    "blog",
    "browse",
    "categories",
    "category",
    "channel",
    "channels",
    "chat",
    "clips",
    "contact",
    "dashboard",
    "demo",
    "directory",
    "docs",
    "download",
    "embed",
    "events",
    "explore",
    "favicon",
    "feed",
    "following",
    "grafana",
    "guide",
    "health",
    "help",
    "home",
    "index",
    "invite",
    "jobs",
    "join",
    "keys",
    "legal",
    "live",
    "login",
    "logout",
    "manifest",
    "me",
    "media",
    "metrics",
    "moderation",
    "moderator",
    "new",
    "notifications",
    "oembed",
    "official",
    "overlay",
    "password",
    "popout",
    "popular",
    "privacy",
    "recordings",
    "register",
    "reset",
    "robots",
    "root",
    "rooms",
    "rtmp",
    "search",
    "security",
    "settings",
    "setup",
    "signin",
    "signup",
    "sitemap",
    "staff",
    "static",
    "status",
    "stream",
    "streamly",
    "streams",
    "support",
    "system",
    "tags",
    "terms",
    "upload",
    "uploads",
    "user",
    "username",
    "users",
    "verify",
    "video",
    "videos",
    "vod",
    "watch",
    "webhooks",
    "well_known",
    "whep",
    "whip",
    "ws",
    "www",
];

/// A valid, lower-case user name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

/// The rule that a would-be name breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUsername {
    /// Fewer than [`MIN_LEN`] characters.
    #[error("a user name has at least {MIN_LEN} characters")]
    TooShort,
    /// More than [`MAX_LEN`] characters.
    #[error("a user name has at most {MAX_LEN} characters")]
    TooLong,
    /// A character outside `a-z 0-9 _`.
    #[error("a user name has only letters a-z, digits and _")]
    Character,
}

impl Username {
    /// Parses a name as typed; upper case becomes lower case. Reserved names parse too: see [`Username::is_reserved`].
    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(InvalidUsername::Character);
        }
        match text.len() {
            n if n < MIN_LEN => Err(InvalidUsername::TooShort),
            n if n > MAX_LEN => Err(InvalidUsername::TooLong),
            _ => Ok(Self(text.to_ascii_lowercase())),
        }
    }

    /// Whether registration must refuse it.
    pub fn is_reserved(&self) -> bool {
        RESERVED.contains(&self.0.as_str()) || self.is_of_an_erased_account()
    }

    /// Whether it is of the form that erased accounts get: `gone_` and 20 hexadecimal digits.
    fn is_of_an_erased_account(&self) -> bool {
        let digits = self.0.strip_prefix("gone_").filter(|digits| digits.len() == 20);
        digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
    }

    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl FromStr for Username {
    type Err = InvalidUsername;
    fn from_str(s: &str) -> Result<Self, InvalidUsername> {
        Self::parse(s)
    }
}
impl TryFrom<String> for Username {
    type Error = InvalidUsername;
    fn try_from(s: String) -> Result<Self, InvalidUsername> {
        Self::parse(&s)
    }
}
impl From<Username> for String {
    fn from(u: Username) -> String {
        u.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_is_folded_and_the_bounds_are_exact() {
        assert_eq!(Username::parse("Ada_99").map(|u| u.to_string()), Ok("ada_99".into()));
        assert_eq!(Username::parse("ab"), Err(InvalidUsername::TooShort));
        assert!(Username::parse(&"a".repeat(25)).is_ok());
        assert_eq!(Username::parse(&"a".repeat(26)), Err(InvalidUsername::TooLong));
        assert_eq!(Username::parse("аda"), Err(InvalidUsername::Character), "a Cyrillic а");
    }

    #[test]
    fn every_reserved_name_is_itself_parsable_or_too_short_to_be_taken() {
        for name in RESERVED {
            assert!(matches!(Username::parse(name), Ok(_) | Err(InvalidUsername::TooShort)), "{name}");
        }
    }

    proptest! {
        #[test]
        fn whatever_parses_is_lower_case_ascii_of_legal_length(s in "\\PC{0,40}") {
            if let Ok(u) = Username::parse(&s) {
                prop_assert!((MIN_LEN..=MAX_LEN).contains(&u.as_str().len()));
                prop_assert!(u.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
            }
        }
    }
}
