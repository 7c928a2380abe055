//! Mails to followers of a channel that went live, asked for by `stream`, which knows who follows and who wants them.
//!
//! Here it is only seen to that they go to proved addresses of accounts in force, once about a broadcast. What comes is checked all the
//! same: a line break in a title would be another line of a mail's head.

use super::Accounts;
use crate::{error::Error, mail::Live, store::live_notices::Written};
use streamly_domain::{UserId, Username};
use streamly_status::FieldError;

/// Most characters of a title, of a category, and of a link.
const TITLE: usize = 140;
const CATEGORY: usize = 100;
const LINK: usize = 500;

/// A channel that went live, as told by `stream`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveTold<'a> {
    pub(crate) broadcast: &'a str,
    pub(crate) username: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) title: &'a str,
    pub(crate) category: &'a str,
}

impl Accounts {
    /// Writes the mails. Errors: something told is no such thing, or too long; the database.
    pub(crate) async fn tell_live(
        &self,
        told: &LiveTold<'_>,
        recipients: &[(&str, &str)],
    ) -> Result<Written, Error> {
        let live = checked(told)?;
        let mut people = Vec::with_capacity(recipients.len());
        for (id, stop) in recipients {
            let id = id.parse::<UserId>().map_err(|_| wrong("recipients"))?;
            if !is_link(stop) {
                return Err(wrong("stop_url"));
            }
            people.push((id, *stop));
        }
        let written =
            self.store.tell_live(&live, &people, |to, stop| self.site.live(to, &live, stop)).await?;
        if written.written > 0 {
            self.mail_bell.notify_one();
        }
        Ok(written)
    }
}

fn wrong(field: &str) -> Error {
    Error::Invalid(vec![FieldError { field: field.into(), code: "invalid", detail: "Not valid.".into() }])
}

fn checked(told: &LiveTold<'_>) -> Result<Live, Error> {
    let line = |field: &str, text: &str, most: usize| {
        if text.chars().count() <= most && !text.chars().any(char::is_control) {
            Ok(text.to_owned())
        } else {
            Err(wrong(field))
        }
    };
    Ok(Live {
        broadcast: told.broadcast.parse().map_err(|_| wrong("broadcast_id"))?,
        username: Username::parse(told.username).map_err(|_| wrong("username"))?.as_str().to_owned(),
        display_name: line("display_name", told.display_name, TITLE)?,
        title: line("title", told.title, TITLE)?,
        category: line("category", told.category, CATEGORY)?,
    })
}

/// An address of plain characters that fits between the angle brackets of a header (RFC 2369, 2).
fn is_link(text: &str) -> bool {
    let scheme = text.starts_with("https://") || text.starts_with("http://");
    scheme
        && text.len() <= LINK
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_mail_is_refused() {
        let good = LiveTold {
            broadcast: "01923e4e-0000-7000-8000-000000000000",
            username: "ada",
            display_name: "Ada",
            title: "Engines",
            category: "",
        };
        assert!(checked(&good).is_ok());
        let long = "x".repeat(TITLE + 1);
        for bad in [
            LiveTold { broadcast: "x", ..good },
            LiveTold { username: "a b", ..good },
            LiveTold { title: "a\r\nBcc: eve@example.org", ..good },
            LiveTold { display_name: "a\nb", ..good },
            LiveTold { title: &long, ..good },
            LiveTold { category: &long, ..good },
        ] {
            assert!(matches!(checked(&bad), Err(Error::Invalid(_))), "{bad:?}");
        }
        assert!(is_link("https://stream.example/api/streams/me/notices/stop/x"));
        let endless = format!("https://{long}{long}{long}{long}");
        for bad in
            ["", "javascript:x", "https://a/ b", "https://a/\r\nx", "https://a/>", "https://ä/", &endless]
        {
            assert!(!is_link(bad), "{bad}");
        }
    }
}
