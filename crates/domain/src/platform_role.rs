//! What an account is on the whole platform. The user service keeps it and tells the others; nobody else decides who is staff.

use std::str::FromStr;

/// Of the platform, whatever somebody is in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlatformRole {
    /// An account like any other.
    User,
    /// Keeps order on every channel.
    Moderator,
    /// Runs the platform.
    Admin,
}

impl PlatformRole {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }

    /// Whether a service's word for a role is one of staff; an unknown word is not.
    pub fn names_staff(name: &str) -> bool {
        name.parse().is_ok_and(Self::is_staff)
    }

    /// Whether it moderates every channel.
    pub fn is_staff(self) -> bool {
        matches!(self, Self::Moderator | Self::Admin)
    }
}

/// Not one of the three names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role on the platform")]
pub struct UnknownRole;

impl FromStr for PlatformRole {
    type Err = UnknownRole;
    fn from_str(s: &str) -> Result<Self, UnknownRole> {
        [Self::User, Self::Moderator, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == s)
            .ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_is_who_moderates_the_platform_or_runs_it() {
        for (name, is) in [
            ("moderator", true),
            ("admin", true),
            ("user", false),
            ("", false),
            ("Admin", false),
            ("staff", false),
        ] {
            assert_eq!(PlatformRole::names_staff(name), is, "{name}");
        }
    }
}
