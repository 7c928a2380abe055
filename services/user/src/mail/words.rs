//! What mails say. Pure text; all that is put in is checked elsewhere: user names, addresses, words for devices.
//!
//! Links carry their token behind `#`, which browsers do not send: it stands in no server's log.

use crate::{origin::origin_of, refresh::Token};
use time::{OffsetDateTime, macros::format_description};
use uuid::Uuid;

/// A mail before it has an address.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Its name in the table.
    pub(crate) kind: &'static str,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// Kind of the mail that lets somebody choose a new password.
pub(crate) const RESET: &str = "password_reset";

/// Kind of the mail to followers of a channel that went live.
pub(crate) const LIVE: &str = "channel_live";

/// A channel that went live, as its followers are told.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) broadcast: Uuid,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) title: String,
    pub(crate) category: String,
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

    fn letter(&self, kind: &'static str, subject: &str, to: &str, text: String) -> Letter {
        let text = format!("Hello {to},\n\n{text}\n\n{}\n", self.url);
        Letter { kind, subject: subject.into(), text }
    }

    /// To a new account.
    pub(crate) fn confirm(&self, username: &str, token: &Token) -> Letter {
        let link = self.link("verify-email", token);
        let text = format!(
            "please confirm that this e-mail address is yours:\n\n{link}\n\n\
             The link is good for three days. If you have no account here, somebody mistyped: do nothing."
        );
        self.letter("confirm_address", "Confirm your e-mail address", username, text)
    }

    /// To who registers where the address comes first.
    pub(crate) fn confirm_registration(&self, username: &str, token: &Token) -> Letter {
        let link = self.link("verify-email", token);
        let text = format!(
            "one step is left to your account: follow this link, then sign in.\n\n{link}\n\n\
             The link is good for one day. If you did not register, do nothing, and there will be no account."
        );
        self.letter("confirm_registration", "Finish your registration", username, text)
    }

    /// To the owner of an address with which somebody registers, or to which somebody changes.
    pub(crate) fn has_account(&self, username: &str) -> Letter {
        let text = format!(
            "somebody gave this e-mail address for another account. You have this one already. Sign in here:\n\n{0}/login\n\n\
             If you have forgotten your password:\n\n{0}/forgot-password\n\nIf it was not you, do nothing.",
            self.url
        );
        self.letter("has_account", "You have an account already", username, text)
    }

    /// To who forgot the password.
    pub(crate) fn reset(&self, username: &str, token: &Token) -> Letter {
        let link = self.link("reset-password", token);
        let text = format!(
            "here you choose a new password:\n\n{link}\n\nThe link is good for one hour and once. \
             All devices are then signed out. If you did not ask for it, do nothing: your password stays."
        );
        self.letter(RESET, "Choose a new password", username, text)
    }

    /// After a change of the password.
    pub(crate) fn password_changed(&self, username: &str) -> Letter {
        let text = format!(
            "your password was changed just now, and other devices were signed out.\n\n\
             If it was not you, choose another one at once:\n\n{}/forgot-password",
            self.url
        );
        self.letter("password_changed", "Your password was changed", username, text)
    }

    /// To the address that an account changes to.
    pub(crate) fn confirm_change(&self, username: &str, token: &Token) -> Letter {
        let link = self.link("verify-email", token);
        let text = format!(
            "please confirm that your account is to have this e-mail address:\n\n{link}\n\n\
             The link is good for one day. If you did not ask for it, do nothing."
        );
        self.letter("confirm_change", "Confirm your new e-mail address", username, text)
    }

    /// To the address that an account still has, when a change is asked for.
    pub(crate) fn change_asked(&self, username: &str) -> Letter {
        let text = format!(
            "somebody who is signed in to your account asked for another e-mail address. It changes when the mail to that address is \
             answered.\n\nIf it was not you, choose a new password now:\n\n{}/forgot-password",
            self.url
        );
        self.letter("change_asked", "Your e-mail address is to change", username, text)
    }

    /// To the address that an account had; with a token it can be taken back.
    pub(crate) fn address_changed(&self, username: &str, back: Option<&Token>) -> Letter {
        let back = back.map_or_else(String::new, |token| {
            format!(
                "\n\nIf it was not you, take your account back to this address within three days, then choose a new password. \
                 All devices are signed out by it:\n\n{}",
                self.link("verify-email", token)
            )
        });
        let text =
            format!("your account has another e-mail address now; this one is not used any more.{back}");
        self.letter("address_changed", "Your e-mail address was changed", username, text)
    }

    /// After a sign-in from somewhere new.
    pub(crate) fn new_sign_in(&self, username: &str, device: &str, ip: &str, at: OffsetDateTime) -> Letter {
        let at = minute(at);
        let text = format!(
            "somebody signed in to your account from a device or network that it has not seen lately:\n\n\
             \x20 when     {at}\n  device   {device}\n  address  {ip}\n\n\
             If it was you, all is well. If not, choose a new password at once:\n\n{}/forgot-password",
            self.url
        );
        self.letter("new_sign_in", "A new sign-in to your account", username, text)
    }

    /// After a second factor was added or removed, or a recovery code used: `what` is a sentence about it.
    pub(crate) fn factor_changed(&self, username: &str, what: &str) -> Letter {
        let text = format!(
            "the ways to sign in to your account have changed: {what}\n\n\
             If it was you, all is well. If not, choose a new password at once, then look at your second factor:\n\n\
             {0}/forgot-password\n{0}/settings/account",
            self.url
        );
        self.letter("second_factor_changed", "Your second factor has changed", username, text)
    }

    /// To whom somebody's guesses of a second factor say that the password is known.
    pub(crate) fn password_known(&self, username: &str) -> Letter {
        let text = format!(
            "somebody typed your password, and then several times a wrong second factor. They were not let in.\n\n\
             If it was you, all is well. If not, your password is known to somebody: choose another one at once, here and wherever else \
             you use it:\n\n{}/forgot-password",
            self.url
        );
        self.letter("password_known", "Somebody knows your password", username, text)
    }

    /// To who closed an account.
    pub(crate) fn account_closed(&self, username: &str, erase_at: OffsetDateTime, token: &Token) -> Letter {
        let link = self.link("restore-account", token);
        let at = minute(erase_at);
        let text = format!(
            "your account is closed: it is signed out everywhere, and your channel is offline. At {at} it is erased, and nobody can bring \
             it back then. Until that moment this link takes it back:\n\n{link}\n\n\
             If it was not you, follow the link and choose a new password at once:\n\n{}/forgot-password",
            self.url
        );
        self.letter("account_closed", "Your account is closed", username, text)
    }

    /// To who took an account back.
    pub(crate) fn account_restored(&self, username: &str) -> Letter {
        let text = format!("your account is yours again, as it was. Sign in here:\n\n{}/login", self.url);
        self.letter("account_restored", "Your account is back", username, text)
    }

    /// The last mail of an account.
    pub(crate) fn account_erased(&self, username: &str) -> Letter {
        let text = "your account was erased, as you had asked. This is the last mail about it.".to_owned();
        self.letter("account_erased", "Your account was erased", username, text)
    }

    /// To a follower of a channel that went live.
    pub(crate) fn live(&self, to: &str, live: &Live, stop_url: &str) -> Letter {
        let Live { username, display_name, title, category, .. } = live;
        let lines: String = [title, category]
            .into_iter()
            .filter(|line| !line.is_empty())
            .map(|line| format!("\n  {line}"))
            .collect();
        let about = if lines.is_empty() { String::new() } else { format!("{lines}\n") };
        let text = format!(
            "{display_name} is live now:\n{about}\n{}/{username}\n\n\
             You follow {display_name} and asked for mails. Where you choose which ones you get:\n\n{0}/settings/notices\n\n\
             No more mails of live channels, without signing in:\n\n{stop_url}",
            self.url
        );
        let subject = match title.as_str() {
            "" => format!("{display_name} is live"),
            title => format!("{display_name} is live: {title}"),
        };
        self.letter(LIVE, &subject, to, text)
    }

    /// After a suspension, or its end.
    pub(crate) fn suspended(&self, username: &str, reason: Option<&str>) -> Letter {
        match reason {
            Some(reason) => {
                let text = format!("your account is suspended. The reason that was given:\n\n  {reason}");
                self.letter("suspended", "Your account is suspended", username, text)
            }
            None => {
                let text = "your account is not suspended any more. You can sign in as before.".to_owned();
                self.letter("unsuspended", "Your account can be used again", username, text)
            }
        }
    }
}

fn minute(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC)
        .format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_on_the_platform_and_its_token_behind_the_fragment() {
        let token = Token::random().unwrap();
        let letter = Site::new(Some("https://stream.example/")).reset("ada", &token);
        let link = format!("https://stream.example/reset-password#{}\n", token.to_text());
        assert!(letter.text.starts_with("Hello ada,\n\n") && letter.text.contains(&link), "{}", letter.text);
        assert_eq!(letter.text.matches(&token.to_text()).count(), 1);
    }

    #[test]
    fn only_who_may_take_an_address_back_gets_a_link() {
        let (site, token) = (Site::new(None), Token::random().unwrap());
        assert!(site.address_changed("ada", Some(&token)).text.contains("/verify-email#"));
        assert!(!site.address_changed("ada", None).text.contains('#'));
    }
}
