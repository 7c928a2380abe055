//! Who may register. A word (`registration = "invite"`), or a table with `policy` and `confirm_email_first`.

use serde::{Deserialize, Deserializer, Serialize};

/// Registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Registration {
    /// Who may.
    pub policy: Policy,
    /// The account is made only when the link in its mail is followed; the answer is 202 whether or not the address has one already.
    pub confirm_email_first: bool,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Everybody.
    Open,
    /// Who has an invitation of an admin.
    Invite,
    /// Nobody: 403 `registration_closed`.
    Closed,
}

impl Default for Registration {
    fn default() -> Self {
        Policy::Open.into()
    }
}

impl From<Policy> for Registration {
    fn from(policy: Policy) -> Self {
        Self { policy, confirm_email_first: false }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    policy: Option<Policy>,
    confirm_email_first: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Word(Policy),
    Table(Table),
}

impl<'de> Deserialize<'de> for Registration {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let wrong = |_| {
            serde::de::Error::custom("open, invite or closed, or a table of policy and confirm_email_first")
        };
        Ok(match Form::deserialize(d).map_err(wrong)? {
            Form::Word(policy) => policy.into(),
            Form::Table(t) => Self {
                policy: t.policy.unwrap_or(Policy::Open),
                confirm_email_first: t.confirm_email_first.unwrap_or(false),
            },
        })
    }
}
