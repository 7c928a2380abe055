//! What people type: parsed into values that are valid, all wrong fields named at once.
//!
//! Sign-in parses too, but never refuses: a name that cannot exist is an account that does not exist.

mod email;
pub(crate) mod frequent;
mod second_step;

use email::EMAIL_MAX;
pub(crate) use email::Email;
pub(crate) use second_step::{Again, Proof, second_step};

use crate::{error::Error, refresh::Token};
use serde_json::Value;
use streamly_config::Secret;
use streamly_domain::{Language, Username, username::InvalidUsername};
use streamly_status::FieldError;

/// Fewest characters of a password (CONTRACT).
const PASSWORD_MIN: usize = 8;
/// Most characters of a password (CONTRACT); without it a hash is fed megabytes.
const PASSWORD_MAX: usize = 128;

/// Most characters of a passkey's name: it stands in a list.
const PASSKEY_NAME_MAX: usize = 60;

/// Most characters of a [`Reason`]: it is read by people, in a mail too.
const REASON_MAX: usize = 500;

/// A registration that may be tried.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) username: Username,
    /// The name as typed.
    pub(crate) display_name: String,
    pub(crate) email: Email,
    pub(crate) password: Secret,
    /// In which its owner is written to; none: not said.
    pub(crate) language: Option<Language>,
    /// The invitation's code, as typed.
    pub(crate) invite: Option<String>,
}

/// Why something is done, or for whom: a text without control characters, 1-500 of them.
#[derive(Debug)]
pub(crate) struct Reason(String);

impl Reason {
    /// Trimmed. Errors: empty, too long, no text.
    pub(crate) fn parse(field: &str, value: Option<Value>) -> Result<Self, Error> {
        let text = text(field, value)?;
        let text: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        match text.chars().count() {
            1..=REASON_MAX => Ok(Self(text)),
            _ => Err(wrong(field, "1 to 500 characters.")),
        }
    }
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
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
    fn email(&mut self, value: Option<Value>) -> Option<Email> {
        let text = self.text("email", value)?;
        let text = text.trim();
        let email = Email::parse(text);
        if text.len() > EMAIL_MAX {
            self.note("email", "too_long", format!("An address has at most {EMAIL_MAX} characters."));
        } else if email.is_none() {
            self.note("email", "invalid", "This is not an e-mail address.");
        }
        email
    }
    fn new_password(&mut self, value: Option<Value>, refuse_common: bool) -> Option<Secret> {
        let text = self.text("password", value)?;
        let length = text.chars().count();
        let (code, detail) = if length < PASSWORD_MIN {
            ("too_short", format!("A password has at least {PASSWORD_MIN} characters."))
        } else if length > PASSWORD_MAX {
            ("too_long", format!("A password has at most {PASSWORD_MAX} characters."))
        } else if refuse_common && frequent::is_frequent(&text) {
            ("too_common", "This password is one of the most common ones, which are tried first.".into())
        } else {
            return Some(Secret::new(text));
        };
        self.note("password", code, detail);
        None
    }
}

impl Registration {
    /// Checks all three fields before it answers. A reserved name passes here and is refused as taken; a language that is not spoken counts as
    /// not said, since nobody is to be kept out by it.
    pub(crate) fn parse(
        username: Option<Value>,
        email: Option<Value>,
        password: Option<Value>,
        invite: Option<Value>,
        language: Option<Value>,
        refuse_common: bool,
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
        let email = fields.email(email);
        let password = fields.new_password(password, refuse_common);
        match (username, display_name, email, password) {
            (Some(username), Some(display_name), Some(email), Some(password)) => {
                let invite = invite.and_then(|code| code.as_str().map(Into::into));
                let language = language.and_then(|tag| Language::parse(tag.as_str()?));
                Ok(Self { username, display_name, email, password, language, invite })
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

/// A password that somebody chooses.
pub(crate) fn new_password(password: Option<Value>, refuse_common: bool) -> Result<Secret, Error> {
    let mut fields = Fields::default();
    fields.new_password(password, refuse_common).ok_or(Error::Invalid(fields.0))
}

/// A password that somebody has.
pub(crate) fn present_password(password: Option<Value>) -> Result<Secret, Error> {
    let mut fields = Fields::default();
    fields.text("password", password).map(Secret::new).ok_or(Error::Invalid(fields.0))
}

/// An address.
pub(crate) fn address(email: Option<Value>) -> Result<Email, Error> {
    let mut fields = Fields::default();
    fields.email(email).ok_or(Error::Invalid(fields.0))
}

/// A text of a field.
pub(crate) fn text(field: &str, value: Option<Value>) -> Result<String, Error> {
    let mut fields = Fields::default();
    fields.text(field, value).ok_or(Error::Invalid(fields.0))
}

/// A field that does not hold what it must.
pub(crate) fn wrong(field: &str, must: &str) -> Error {
    let mut fields = Fields::default();
    fields.note(field, "invalid", must);
    Error::Invalid(fields.0)
}

/// What a passkey is called: as a [`Reason`], 1-60 characters.
pub(crate) fn passkey_name(name: Option<Value>) -> Result<String, Error> {
    let name = Reason::parse("name", name)?;
    let fits = name.as_str().chars().count() <= PASSKEY_NAME_MAX;
    if fits { Ok(name.0) } else { Err(wrong("name", "1 to 60 characters.")) }
}

/// The language in which somebody wants to be written to.
pub(crate) fn language(tag: Option<Value>) -> Result<Language, Error> {
    let known = || Language::ALL.map(Language::tag).join(", ");
    let tag = text("language", tag)?;
    Language::parse(&tag).ok_or_else(|| wrong("language", &format!("One of these: {}.", known())))
}

/// The token of a link.
pub(crate) fn link(token: Option<Value>) -> Result<Token, Error> {
    let text = text("token", token)?;
    Token::parse(text.trim()).ok_or(Error::InvalidLink)
}

/// A lowercase message as a sentence for a person.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

#[cfg(test)]
mod tests;
