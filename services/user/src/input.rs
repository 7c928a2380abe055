//! What people type: parsed into values that are valid, all wrong fields named at once.
//!
//! Sign-in parses too, but never refuses: a name that cannot exist is an account that does not exist.

use crate::error::Error;
use serde_json::Value;
use streamly_config::Secret;
use streamly_domain::{Username, username::InvalidUsername};
use streamly_status::FieldError;

/// Fewest characters of a password (CONTRACT).
const PASSWORD_MIN: usize = 8;
/// Most characters of a password (CONTRACT); without it a hash is fed megabytes.
const PASSWORD_MAX: usize = 128;
/// Longest e-mail address, bytes (RFC 5321 §4.5.3.1.3 less the angle brackets).
const EMAIL_MAX: usize = 254;
/// Longest part before the @, bytes (RFC 5321 §4.5.3.1.1).
const LOCAL_MAX: usize = 64;

/// A syntactically plausible address in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    /// `local@domain` of ASCII: RFC 5322's atoms, a host name with a dot. Whether it exists only a letter to it tells.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.rsplit_once('@')?;
        let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&c);
        let local_ok =
            local.len() <= LOCAL_MAX && local.split('.').all(|a| !a.is_empty() && a.bytes().all(atom));
        let label = |l: &str| {
            (1..=63).contains(&l.len())
                && l.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
                && !l.starts_with('-')
                && !l.ends_with('-')
        };
        let domain_ok = domain.contains('.') && domain.split('.').all(label);
        (text.len() <= EMAIL_MAX && local_ok && domain_ok).then(|| Self(text.to_ascii_lowercase()))
    }
    /// The address.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A registration that may be tried.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) username: Username,
    /// The name as typed.
    pub(crate) display_name: String,
    pub(crate) email: Email,
    pub(crate) password: Secret,
}

/// How an account is named at sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    Username(Username),
    Email(Email),
    /// No account can have this name.
    Nobody,
}

impl Login {
    /// Never fails; surrounding blanks do not count.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim();
        if text.contains('@') {
            Email::parse(text).map_or(Self::Nobody, Self::Email)
        } else {
            Username::parse(text).map_or(Self::Nobody, Self::Username)
        }
    }
}

/// Collects wrong fields.
#[derive(Default)]
struct Fields(Vec<FieldError>);

impl Fields {
    fn note(&mut self, field: &str, code: &'static str, detail: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), code, detail: detail.into() });
    }
    fn text(&mut self, field: &str, value: Option<Value>) -> Option<String> {
        match value {
            Some(Value::String(text)) => Some(text),
            None | Some(Value::Null) => {
                self.note(field, "required", "This field is needed.");
                None
            }
            Some(_) => {
                self.note(field, "invalid", "This field is a text.");
                None
            }
        }
    }
}

impl Registration {
    /// Checks all three fields before it answers. A reserved name passes here and is refused as taken.
    pub(crate) fn parse(
        username: Option<Value>,
        email: Option<Value>,
        password: Option<Value>,
    ) -> Result<Self, Error> {
        let mut fields = Fields::default();
        let display_name = fields.text("username", username);
        let username = display_name.as_deref().and_then(|text| {
            Username::parse(text)
                .map_err(|e| {
                    let code = match e {
                        InvalidUsername::TooShort => "too_short",
                        InvalidUsername::TooLong => "too_long",
                        InvalidUsername::Character => "invalid",
                    };
                    fields.note("username", code, sentence(&e.to_string()));
                })
                .ok()
        });
        let email = fields.text("email", email).and_then(|text| {
            let text = text.trim();
            let email = Email::parse(text);
            if text.len() > EMAIL_MAX {
                fields.note("email", "too_long", format!("An address has at most {EMAIL_MAX} characters."));
            } else if email.is_none() {
                fields.note("email", "invalid", "This is not an e-mail address.");
            }
            email
        });
        let password = fields.text("password", password).and_then(|text| {
            let length = text.chars().count();
            if length < PASSWORD_MIN {
                let detail = format!("A password has at least {PASSWORD_MIN} characters.");
                fields.note("password", "too_short", detail);
                None
            } else if length > PASSWORD_MAX {
                let detail = format!("A password has at most {PASSWORD_MAX} characters.");
                fields.note("password", "too_long", detail);
                None
            } else {
                Some(Secret::new(text))
            }
        });
        match (username, display_name, email, password) {
            (Some(username), Some(display_name), Some(email), Some(password)) => {
                Ok(Self { username, display_name, email, password })
            }
            _ => Err(Error::Invalid(fields.0)),
        }
    }
}

/// The two texts of a sign-in; errors only if they are no texts.
pub(crate) fn credentials(
    login: Option<Value>,
    password: Option<Value>,
) -> Result<(Login, String, Secret), Error> {
    let mut fields = Fields::default();
    match (fields.text("login", login), fields.text("password", password)) {
        (Some(login), Some(password)) => Ok((Login::parse(&login), login, Secret::new(password))),
        _ => Err(Error::Invalid(fields.0)),
    }
}

/// The texts of a second step; errors only if they are no texts.
pub(crate) fn second_factor(
    token: Option<Value>,
    method: Option<Value>,
    response: Option<Value>,
) -> Result<(), Error> {
    let mut fields = Fields::default();
    let all =
        [fields.text("mfa_token", token), fields.text("method", method), fields.text("response", response)];
    if all.iter().all(Option::is_some) { Ok(()) } else { Err(Error::Invalid(fields.0)) }
}

/// A lowercase message as a sentence for a person.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrong(username: Value, email: Value, password: Value) -> Vec<(String, &'static str)> {
        match Registration::parse(Some(username), Some(email), Some(password)) {
            Err(Error::Invalid(fields)) => fields.into_iter().map(|f| (f.field, f.code)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_wrong_field_is_named_with_its_own_code() {
        let w = wrong("ab".into(), "nobody".into(), "short".into());
        let names: Vec<_> = w.iter().map(|(f, c)| (f.as_str(), *c)).collect();
        assert_eq!(names, [("username", "too_short"), ("email", "invalid"), ("password", "too_short")]);
        let w = wrong(7.into(), Value::Null, "x".repeat(129).into());
        let names: Vec<_> = w.iter().map(|(f, c)| (f.as_str(), *c)).collect();
        assert_eq!(names, [("username", "invalid"), ("email", "required"), ("password", "too_long")]);
    }

    #[test]
    fn password_bounds_count_characters_and_are_exact() {
        let try_it = |password: String| {
            Registration::parse(Some("ada".into()), Some("a@b.example".into()), Some(password.into())).is_ok()
        };
        assert!(try_it("ä".repeat(8)) && try_it("ä".repeat(128)));
        assert!(!try_it("ä".repeat(7)) && !try_it("ä".repeat(129)));
    }

    #[test]
    fn addresses_are_bounded_and_lower_case() {
        assert_eq!(Email::parse("Ada+X@Mail.Example").unwrap().as_str(), "ada+x@mail.example");
        for bad in
            ["", "@", "a@", "@b.c", "a@b", "a b@c.d", "a@b..c", "a@-b.c", "a..b@c.d", "a@b.c\n", "ä@b.c"]
        {
            assert_eq!(Email::parse(bad), None, "{bad:?}");
        }
        let domain = format!("{0}.{0}.{0}", "d".repeat(63));
        assert!(Email::parse(&format!("{}@{domain}", "a".repeat(254 - 192))).is_some());
        assert!(Email::parse(&format!("{}@{domain}", "a".repeat(255 - 192))).is_none());
    }

    #[test]
    fn a_login_is_a_name_or_an_address_or_nobody() {
        assert!(matches!(Login::parse(" Ada "), Login::Username(u) if u.as_str() == "ada"));
        assert!(matches!(Login::parse("A@b.example"), Login::Email(e) if e.as_str() == "a@b.example"));
        assert_eq!(Login::parse("?"), Login::Nobody);
    }

    proptest! {
        #[test]
        fn whatever_is_an_address_is_short_lower_case_and_has_one_at(s in "\\PC{0,40}|[a-zA-Z.@-]{0,40}") {
            if let Some(e) = Email::parse(&s) {
                prop_assert!(e.as_str().len() <= EMAIL_MAX);
                prop_assert_eq!(e.as_str().matches('@').count(), 1);
                prop_assert_eq!(e.as_str().to_lowercase(), e.as_str());
            }
        }
    }
}
