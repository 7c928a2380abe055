//! Why a webhook's address is not taken, or a message did not arrive, as its owner is told: a code for programs and translators, and a sentence
//! that says what to do and names the setting where an operator can change it.
//!
//! Nothing here says where a name leads, or whether there is such a name: [`Reason::NotPublic`] is all that is told of either. What is stored
//! of an attempt is the code.

use crate::outbound::{Error, Wrong};

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The address is none.
    Unreadable,
    /// It has to be `https://`.
    NotHttps,
    /// It has to be `https://` or `http://`.
    NotHttp,
    /// It is too long.
    TooLong,
    /// It has a user name or a password.
    Credentials,
    /// Its port is not sent to.
    Port,
    /// It leads nowhere on the public internet, or nowhere at all.
    NotPublic,
    /// Nobody there takes connections.
    Unreachable,
    /// There is no secure connection.
    Insecure,
    /// The connection broke.
    Broken,
    /// No answer in time.
    Late,
    /// No place to send from; nothing was sent.
    Busy,
    /// The message is larger than what is sent.
    TooLarge,
    /// The webhook's secret does not open.
    Secret,
    /// The answer is a redirect.
    Redirect,
    /// The answer is 410.
    Gone,
    /// The answer is another that is none of success.
    NoSuccess,
}

impl Reason {
    /// All of them.
    const ALL: [Self; 17] = [
        Self::Unreadable,
        Self::NotHttps,
        Self::NotHttp,
        Self::TooLong,
        Self::Credentials,
        Self::Port,
        Self::NotPublic,
        Self::Unreachable,
        Self::Insecure,
        Self::Broken,
        Self::Late,
        Self::Busy,
        Self::TooLarge,
        Self::Secret,
        Self::Redirect,
        Self::Gone,
        Self::NoSuccess,
    ];

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Unreadable => {
                ("unreadable", "This is no address. Enter one such as https://example.org/hook.")
            }
            Self::NotHttps => (
                "not_https",
                "The address must begin with https://. An operator can permit http:// (stream.outbound.https_only = false).",
            ),
            Self::NotHttp => ("not_http", "The address must begin with https:// or http://."),
            Self::TooLong => ("too_long", "The address is longer than 2048 bytes. Enter a shorter one."),
            Self::Credentials => (
                "credentials",
                "The address must have no user name or password in it. The signature proves who sends.",
            ),
            Self::Port => (
                "port",
                "This server does not send to that port. Leave it out, or have an operator add it (stream.outbound.ports).",
            ),
            Self::NotPublic => (
                "not_public",
                "The address leads nowhere on the public internet. Enter one that does, or have an operator permit its network (stream.outbound.allow).",
            ),
            Self::Unreachable => (
                "unreachable",
                "No connection. See that the receiver runs, and that its firewall lets this server in.",
            ),
            Self::Insecure => (
                "insecure",
                "No secure connection: the certificate is not trusted, or the server speaks no TLS. Use a certificate that browsers trust, or have an operator trust yours (stream.outbound.ca_file).",
            ),
            Self::Broken => {
                ("broken", "The connection broke before an answer came. Look at the receiver's own log.")
            }
            Self::Late => (
                "late",
                "No answer in time. Let the receiver answer first and work afterwards, or have an operator wait longer (stream.outbound.timeout).",
            ),
            Self::Busy => ("busy", "Too many others wait."),
            Self::TooLarge => ("too_large", "The message is too large to be sent."),
            Self::Secret => ("secret", "The webhook's secret cannot be read any more. Make another one."),
            Self::Redirect => {
                ("redirect", "A redirect, which is not followed. Enter the address that it leads to.")
            }
            Self::Gone => ("gone", "The receiver wants nothing any more, so the webhook was switched off."),
            Self::NoSuccess => (
                "no_success",
                "This is no answer of success, which has 200 to 299. Look at the receiver's own log.",
            ),
        }
    }

    /// For programs and translators, and as it is stored.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// What to do, for the owner.
    pub fn sentence(self) -> &'static str {
        self.row().1
    }

    /// Of an answer; none of one of success.
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            300..=399 => Some(Self::Redirect),
            410 => Some(Self::Gone),
            _ => Some(Self::NoSuccess),
        }
    }

    /// What was stored; none of what an earlier version wrote, which is a sentence.
    pub fn stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == text)
    }
}

impl From<&Error> for Reason {
    fn from(e: &Error) -> Self {
        match e {
            Error::Invalid(Wrong::Unreadable) => Self::Unreadable,
            Error::Invalid(Wrong::NotHttps) => Self::NotHttps,
            Error::Invalid(Wrong::NotHttp) => Self::NotHttp,
            Error::Invalid(Wrong::TooLong) => Self::TooLong,
            Error::Invalid(Wrong::Credentials) => Self::Credentials,
            Error::Invalid(Wrong::Port) => Self::Port,
            Error::Forbidden | Error::Unresolved(_) => Self::NotPublic,
            Error::Unreachable(_) => Self::Unreachable,
            Error::Insecure(_) => Self::Insecure,
            Error::Broken(_) => Self::Broken,
            Error::Late => Self::Late,
            Error::Busy => Self::Busy,
            Error::TooLarge => Self::TooLarge,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_has_a_code_of_its_own_and_a_sentence_and_is_read_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::stored(reason.code()), Some(reason));
            let sentence = reason.sentence();
            assert!(sentence.ends_with(['.', ')']) && sentence.starts_with(char::is_uppercase), "{sentence}");
        }
        assert_eq!(
            Reason::ALL.map(Reason::code).into_iter().collect::<HashSet<_>>().len(),
            Reason::ALL.len()
        );
        assert_eq!(Reason::stored("no connection"), None);
    }

    #[test]
    fn a_name_that_leads_inwards_and_one_that_leads_nowhere_are_told_in_the_same_words() {
        assert_eq!(Reason::from(&Error::Forbidden), Reason::from(&Error::Unresolved(None)));
    }

    #[test]
    fn only_what_is_no_success_has_a_reason() {
        let of = Reason::of_status;
        assert_eq!((of(200), of(299)), (None, None));
        assert_eq!(
            (of(199), of(307), of(410), of(500)),
            (Some(Reason::NoSuccess), Some(Reason::Redirect), Some(Reason::Gone), Some(Reason::NoSuccess))
        );
    }
}
