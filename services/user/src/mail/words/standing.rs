//! Letters about what becomes of an account: closed, taken back, erased, suspended.

use super::{Letter, Reader, Site, minute};
use crate::refresh::Token;
use streamly_domain::Language::{De, En};
use time::OffsetDateTime;

impl Site {
    /// To who closed an account.
    pub(crate) fn account_closed(&self, to: Reader<'_>, erase_at: OffsetDateTime, token: &Token) -> Letter {
        let (url, link, at) = (&self.url, self.link("restore-account", token), minute(to.language, erase_at));
        let (subject, text) = match to.language {
            En => (
                "Your account is closed",
                format!(
                    "your account is closed: it is signed out everywhere, and your channel is offline. At {at} it is erased, and nobody can \
                     bring it back then. Until that moment this link takes it back:\n\n{link}\n\n\
                     If it was not you, follow the link and choose a new password at once:\n\n{url}/forgot-password"
                ),
            ),
            De => (
                "Dein Konto ist geschlossen",
                format!(
                    "dein Konto ist geschlossen: Du bist überall abgemeldet, und dein Kanal ist offline. Am {at} wird es gelöscht, und dann \
                     kann es niemand zurückholen. Bis dahin holt es dieser Link zurück:\n\n{link}\n\n\
                     Wenn du das nicht warst, folge dem Link und wähle sofort ein neues Passwort:\n\n{url}/forgot-password"
                ),
            ),
        };
        self.letter("account_closed", to, (subject, text))
    }

    /// To who took an account back.
    pub(crate) fn account_restored(&self, to: Reader<'_>) -> Letter {
        let url = &self.url;
        let (subject, text) = match to.language {
            En => (
                "Your account is back",
                format!("your account is yours again, as it was. Sign in here:\n\n{url}/login"),
            ),
            De => (
                "Dein Konto ist wieder da",
                format!("dein Konto gehört wieder dir, so wie es war. Melde dich hier an:\n\n{url}/login"),
            ),
        };
        self.letter("account_restored", to, (subject, text))
    }

    /// The last mail of an account.
    pub(crate) fn account_erased(&self, to: Reader<'_>) -> Letter {
        let (subject, text) = match to.language {
            En => (
                "Your account was erased",
                "your account was erased, as you had asked. This is the last mail about it.",
            ),
            De => (
                "Dein Konto wurde gelöscht",
                "dein Konto wurde gelöscht, wie du es wolltest. Dies ist die letzte Mail dazu.",
            ),
        };
        self.letter("account_erased", to, (subject, text.into()))
    }

    /// After a suspension, for a reason in the words of who did it; or (none) after its end.
    pub(crate) fn suspended(&self, to: Reader<'_>, reason: Option<&str>) -> Letter {
        let Some(reason) = reason else {
            let (subject, text) = match to.language {
                En => (
                    "Your account can be used again",
                    "your account is not suspended any more. You can sign in as before.",
                ),
                De => (
                    "Du kannst dein Konto wieder nutzen",
                    "dein Konto ist nicht mehr gesperrt. Du kannst dich anmelden wie zuvor.",
                ),
            };
            return self.letter("unsuspended", to, (subject, text.into()));
        };
        let (subject, text) = match to.language {
            En => (
                "Your account is suspended",
                format!("your account is suspended. The reason that was given:\n\n  {reason}"),
            ),
            De => (
                "Dein Konto ist gesperrt",
                format!("dein Konto ist gesperrt. Der Grund, der angegeben wurde:\n\n  {reason}"),
            ),
        };
        self.letter("suspended", to, (subject, text))
    }
}
