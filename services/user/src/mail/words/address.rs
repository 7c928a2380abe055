//! Letters about addresses and passwords, most of them with a link that does something.

use super::{Letter, RESET, Reader, Site};
use crate::refresh::Token;
use streamly_domain::Language::{De, En};

impl Site {
    /// To a new account.
    pub(crate) fn confirm(&self, to: Reader<'_>, token: &Token) -> Letter {
        let link = self.link("verify-email", token);
        let (subject, text) = match to.language {
            En => (
                "Confirm your e-mail address",
                format!(
                    "please confirm that this e-mail address is yours:\n\n{link}\n\n\
                     The link is good for three days. If you have no account here, somebody mistyped: do nothing."
                ),
            ),
            De => (
                "Bestätige deine E-Mail-Adresse",
                format!(
                    "bitte bestätige, dass diese E-Mail-Adresse dir gehört:\n\n{link}\n\n\
                     Der Link gilt drei Tage. Wenn du hier kein Konto hast, hat sich jemand vertippt: Du brauchst nichts zu tun."
                ),
            ),
        };
        self.letter("confirm_address", to, (subject, text))
    }

    /// To who registers where the address comes first.
    pub(crate) fn confirm_registration(&self, to: Reader<'_>, token: &Token) -> Letter {
        let link = self.link("verify-email", token);
        let (subject, text) = match to.language {
            En => (
                "Finish your registration",
                format!(
                    "one step is left to your account: follow this link, then sign in.\n\n{link}\n\n\
                     The link is good for one day. If you did not register, do nothing, and there will be no account."
                ),
            ),
            De => (
                "Schließe deine Registrierung ab",
                format!(
                    "zu deinem Konto fehlt noch ein Schritt: Folge diesem Link und melde dich dann an.\n\n{link}\n\n\
                     Der Link gilt einen Tag. Wenn du dich nicht registriert hast, brauchst du nichts zu tun, und es entsteht kein Konto."
                ),
            ),
        };
        self.letter("confirm_registration", to, (subject, text))
    }

    /// To the owner of an address with which somebody registers, or to which somebody changes.
    pub(crate) fn has_account(&self, to: Reader<'_>) -> Letter {
        let url = &self.url;
        let (subject, text) = match to.language {
            En => (
                "You have an account already",
                format!(
                    "somebody gave this e-mail address for another account. You have this one already. Sign in here:\n\n{url}/login\n\n\
                     If you have forgotten your password:\n\n{url}/forgot-password\n\nIf it was not you, do nothing."
                ),
            ),
            De => (
                "Du hast schon ein Konto",
                format!(
                    "jemand hat diese E-Mail-Adresse für ein weiteres Konto angegeben. Du hast schon dieses hier. Melde dich an:\n\n{url}/login\n\n\
                     Wenn du dein Passwort vergessen hast:\n\n{url}/forgot-password\n\nWenn du das nicht warst, brauchst du nichts zu tun."
                ),
            ),
        };
        self.letter("has_account", to, (subject, text))
    }

    /// To who forgot the password.
    pub(crate) fn reset(&self, to: Reader<'_>, token: &Token) -> Letter {
        let link = self.link("reset-password", token);
        let (subject, text) = match to.language {
            En => (
                "Choose a new password",
                format!(
                    "here you choose a new password:\n\n{link}\n\nThe link is good for one hour and once. \
                     All devices are then signed out. If you did not ask for it, do nothing: your password stays."
                ),
            ),
            De => (
                "Wähle ein neues Passwort",
                format!(
                    "hier wählst du ein neues Passwort:\n\n{link}\n\nDer Link gilt eine Stunde lang und nur einmal. \
                     Danach sind alle Geräte abgemeldet. Wenn das nicht von dir kam, brauchst du nichts zu tun: Dein Passwort bleibt."
                ),
            ),
        };
        self.letter(RESET, to, (subject, text))
    }

    /// After a change of the password.
    pub(crate) fn password_changed(&self, to: Reader<'_>) -> Letter {
        let url = &self.url;
        let (subject, text) = match to.language {
            En => (
                "Your password was changed",
                format!(
                    "your password was changed just now, and other devices were signed out.\n\n\
                     If it was not you, choose another one at once:\n\n{url}/forgot-password"
                ),
            ),
            De => (
                "Dein Passwort wurde geändert",
                format!(
                    "dein Passwort wurde gerade geändert, und andere Geräte wurden abgemeldet.\n\n\
                     Wenn du das nicht warst, wähle sofort ein anderes:\n\n{url}/forgot-password"
                ),
            ),
        };
        self.letter("password_changed", to, (subject, text))
    }

    /// To the address that an account changes to.
    pub(crate) fn confirm_change(&self, to: Reader<'_>, token: &Token) -> Letter {
        let link = self.link("verify-email", token);
        let (subject, text) = match to.language {
            En => (
                "Confirm your new e-mail address",
                format!(
                    "please confirm that your account is to have this e-mail address:\n\n{link}\n\n\
                     The link is good for one day. If you did not ask for it, do nothing."
                ),
            ),
            De => (
                "Bestätige deine neue E-Mail-Adresse",
                format!(
                    "bitte bestätige, dass dein Konto diese E-Mail-Adresse bekommen soll:\n\n{link}\n\n\
                     Der Link gilt einen Tag. Wenn das nicht von dir kam, brauchst du nichts zu tun."
                ),
            ),
        };
        self.letter("confirm_change", to, (subject, text))
    }

    /// To the address that an account still has, when a change is asked for.
    pub(crate) fn change_asked(&self, to: Reader<'_>) -> Letter {
        let url = &self.url;
        let (subject, text) = match to.language {
            En => (
                "Your e-mail address is to change",
                format!(
                    "somebody who is signed in to your account asked for another e-mail address. It changes when the link in the mail to that \
                     address is followed.\n\nIf it was not you, choose a new password now:\n\n{url}/forgot-password"
                ),
            ),
            De => (
                "Deine E-Mail-Adresse soll sich ändern",
                format!(
                    "jemand, der in deinem Konto angemeldet ist, möchte eine andere E-Mail-Adresse. Sie ändert sich, sobald jemand dem Link in \
                     der Mail an diese Adresse folgt.\n\nWenn du das nicht warst, wähle jetzt ein neues Passwort:\n\n{url}/forgot-password"
                ),
            ),
        };
        self.letter("change_asked", to, (subject, text))
    }

    /// To the address that an account had; with a token it can be taken back.
    pub(crate) fn address_changed(&self, to: Reader<'_>, back: Option<&Token>) -> Letter {
        let link = back.map(|token| self.link("verify-email", token));
        let (subject, text, back) = match to.language {
            En => (
                "Your e-mail address was changed",
                "your account has another e-mail address now; this one is not used any more.",
                "If it was not you, take your account back to this address within three days, then choose a new password. \
                 All devices are signed out by it:",
            ),
            De => (
                "Deine E-Mail-Adresse wurde geändert",
                "dein Konto hat jetzt eine andere E-Mail-Adresse; diese wird nicht mehr verwendet.",
                "Wenn du das nicht warst, hol dein Konto innerhalb von drei Tagen zu dieser Adresse zurück und wähle dann ein neues Passwort. \
                 Dabei werden alle Geräte abgemeldet:",
            ),
        };
        let back = link.map_or_else(String::new, |link| format!("\n\n{back}\n\n{link}"));
        self.letter("address_changed", to, (subject, format!("{text}{back}")))
    }
}
