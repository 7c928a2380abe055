//! What mails say, in every language side by side: each letter is a `match` over [`Language`], so that one that lacks a text does not compile.
//! Pure text; all that is put in is checked elsewhere: user names, addresses, words for devices.
//!
//! Links carry their token behind `#`, which browsers do not send: it stands in no server's log. `address` has the letters about addresses and
//! passwords, `safety` those that warn, `standing` those about what becomes of an account, `live` the one to followers.

mod address;
mod live;
mod safety;
mod standing;

pub(crate) use live::Live;
pub(crate) use safety::Change;

use crate::{origin::origin_of, refresh::Token};
use streamly_domain::Language;
use time::{OffsetDateTime, macros::format_description};

/// A mail before it has an address.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Its name in the table.
    pub(crate) kind: &'static str,
    pub(crate) language: Language,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// Kind of the mail that lets somebody choose a new password.
pub(crate) const RESET: &str = "password_reset";

/// Kind of the mail to followers of a channel that went live.
pub(crate) const LIVE: &str = "channel_live";

/// Kinds of all mails.
pub(crate) const KINDS: &[&str] = &[
    RESET,
    LIVE,
    "confirm_address",
    "confirm_registration",
    "has_account",
    "password_changed",
    "confirm_change",
    "change_asked",
    "address_changed",
    "new_sign_in",
    "second_factor_changed",
    "second_factor_reset",
    "password_known",
    "account_closed",
    "account_restored",
    "account_erased",
    "suspended",
    "unsuspended",
];

/// Who reads a letter: by which name, in which language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) name: &'a str,
    pub(crate) language: Language,
}

impl<'a> Reader<'a> {
    /// The account's own language counts, then that of whoever asked for the letter, then English.
    pub(crate) fn new(name: &'a str, own: Option<Language>, asked: Option<Language>) -> Self {
        Self { name, language: own.or(asked).unwrap_or_default() }
    }
}

/// The platform as people see it: makes letters with links to it.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    url: String,
}

impl Site {
    /// Of a `public_url`; without one, where the platform is on one machine.
    pub(crate) fn new(public_url: Option<&str>) -> Self {
        Self { url: public_url.unwrap_or("http://localhost:3000").trim_end_matches('/').to_owned() }
    }

    /// As browsers name it; of what is no address, what stands there.
    pub(crate) fn origin(&self) -> String {
        origin_of(&self.url).unwrap_or_else(|| self.url.clone())
    }

    fn link(&self, path: &str, token: &Token) -> String {
        format!("{}/{path}#{}", self.url, token.to_text())
    }

    /// Subject and text within what every letter has around it.
    fn letter(&self, kind: &'static str, to: Reader<'_>, (subject, text): (&str, String)) -> Letter {
        debug_assert!(KINDS.contains(&kind), "{kind} is not among the kinds");
        let Reader { name, language } = to;
        let hello = match language {
            Language::En => "Hello",
            Language::De => "Hallo",
        };
        let text = format!("{hello} {name},\n\n{text}\n\n{}\n", self.url);
        Letter { kind, language, subject: subject.into(), text }
    }
}

/// A moment as a reader of that language writes it, to the minute.
fn minute(language: Language, at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let written = match language {
        Language::En => at.format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC")),
        Language::De => at.format(format_description!("[day].[month].[year], [hour]:[minute] Uhr UTC")),
    };
    written.unwrap_or_default()
}

#[cfg(test)]
mod tests;
