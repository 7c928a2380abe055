//! Letters that tell an owner what happened to the account's safety, in case that it was somebody else.

use super::{Letter, Reader, Site, minute};
use crate::device::Words;
use streamly_domain::Language::{self, De, En};
use time::OffsetDateTime;

/// What became of the ways to sign in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change<'a> {
    AppAdded,
    AppRemoved,
    CodesRenewed,
    /// So many are left.
    CodeUsed(i64),
    /// By the passkey's name.
    PasskeyAdded(&'a str),
    PasskeyRemoved(&'a str),
}

impl Change<'_> {
    fn words(self, language: Language) -> String {
        match (language, self) {
            (En, Self::AppAdded) => "an authenticator app was added.".into(),
            (De, Self::AppAdded) => "Eine Authenticator-App wurde hinzugefügt.".into(),
            (En, Self::AppRemoved) => "the authenticator app was removed.".into(),
            (De, Self::AppRemoved) => "Die Authenticator-App wurde entfernt.".into(),
            (En, Self::CodesRenewed) => {
                "new recovery codes were made; older ones are not good any more.".into()
            }
            (De, Self::CodesRenewed) => {
                "Neue Wiederherstellungscodes wurden erstellt; ältere gelten nicht mehr.".into()
            }
            (En, Self::CodeUsed(0)) => "a recovery code was used. None is left: make new ones.".into(),
            (De, Self::CodeUsed(0)) => {
                "Ein Wiederherstellungscode wurde benutzt. Keiner ist übrig: Erstelle neue.".into()
            }
            (En, Self::CodeUsed(1)) => "a recovery code was used. One is left.".into(),
            (De, Self::CodeUsed(1)) => "Ein Wiederherstellungscode wurde benutzt. Übrig ist einer.".into(),
            (En, Self::CodeUsed(left)) => format!("a recovery code was used. {left} are left."),
            (De, Self::CodeUsed(left)) => {
                format!("Ein Wiederherstellungscode wurde benutzt. Übrig sind {left}.")
            }
            (En, Self::PasskeyAdded(name)) => format!("the passkey “{name}” was added."),
            (De, Self::PasskeyAdded(name)) => format!("Der Passkey „{name}“ wurde hinzugefügt."),
            (En, Self::PasskeyRemoved(name)) => format!("the passkey “{name}” was removed."),
            (De, Self::PasskeyRemoved(name)) => format!("Der Passkey „{name}“ wurde entfernt."),
        }
    }
}

impl Site {
    /// After a sign-in from somewhere new.
    pub(crate) fn new_sign_in(&self, to: Reader<'_>, device: Words, ip: &str, at: OffsetDateTime) -> Letter {
        let (url, at, device) = (&self.url, minute(to.language, at), device.say(to.language));
        let (subject, text) = match to.language {
            En => (
                "A new sign-in to your account",
                format!(
                    "somebody signed in to your account from a device or network that it has not seen lately:\n\n\
                     \x20 when     {at}\n  device   {device}\n  address  {ip}\n\n\
                     If it was you, all is well. If not, choose a new password at once:\n\n{url}/forgot-password"
                ),
            ),
            De => (
                "Eine neue Anmeldung in deinem Konto",
                format!(
                    "jemand hat sich in deinem Konto angemeldet, von einem Gerät oder Netz aus, das zuletzt nicht dabei war:\n\n\
                     \x20 wann     {at}\n  Gerät    {device}\n  Adresse  {ip}\n\n\
                     Wenn du das warst, ist alles gut. Wenn nicht, wähle sofort ein neues Passwort:\n\n{url}/forgot-password"
                ),
            ),
        };
        self.letter("new_sign_in", to, (subject, text))
    }

    /// After a second factor was added or removed, or a recovery code used.
    pub(crate) fn factor_changed(&self, to: Reader<'_>, change: Change<'_>) -> Letter {
        let (url, what) = (&self.url, change.words(to.language));
        let (subject, text) = match to.language {
            En => (
                "Your second factor has changed",
                format!(
                    "the ways to sign in to your account have changed: {what}\n\n\
                     If it was you, all is well. If not, choose a new password at once, then look at your second factor:\n\n\
                     {url}/forgot-password\n{url}/settings/account"
                ),
            ),
            De => (
                "Dein zweiter Faktor hat sich geändert",
                format!(
                    "wie du dich in deinem Konto anmeldest, hat sich geändert: {what}\n\n\
                     Wenn du das warst, ist alles gut. Wenn nicht, wähle sofort ein neues Passwort und sieh dann nach deinem zweiten Faktor:\n\n\
                     {url}/forgot-password\n{url}/settings/account"
                ),
            ),
        };
        self.letter("second_factor_changed", to, (subject, text))
    }

    /// To whose second factors an admin took away.
    pub(crate) fn second_factor_reset(&self, to: Reader<'_>) -> Letter {
        let url = &self.url;
        let (subject, text) = match to.language {
            En => (
                "Your second factor was reset",
                format!(
                    "an admin of this platform has removed the second factor of your account: the authenticator app, the passkeys and the \
                     recovery codes, whichever you had. You are signed out everywhere, and your password alone signs you in now. Admins do this \
                     for people who have lost their second factor and ask for it.\n\n\
                     If you asked for it, sign in and add a second factor again:\n\n{url}/settings/account\n\n\
                     If not, somebody may have asked in your name. Choose a new password at once:\n\n{url}/forgot-password\n\n\
                     Then add a second factor again, and tell those who run this platform."
                ),
            ),
            De => (
                "Dein zweiter Faktor wurde zurückgesetzt",
                format!(
                    "ein Admin dieser Plattform hat den zweiten Faktor deines Kontos entfernt: die Authenticator-App, die Passkeys und die \
                     Wiederherstellungscodes, was immer du davon hattest. Du bist überall abgemeldet, und zum Anmelden reicht jetzt dein \
                     Passwort. Admins tun das für Menschen, die ihren zweiten Faktor verloren haben und darum bitten.\n\n\
                     Wenn du darum gebeten hast, melde dich an und füge wieder einen zweiten Faktor hinzu:\n\n{url}/settings/account\n\n\
                     Wenn nicht, hat vielleicht jemand in deinem Namen darum gebeten. Wähle sofort ein neues Passwort:\n\n\
                     {url}/forgot-password\n\n\
                     Füge dann wieder einen zweiten Faktor hinzu und sage denen Bescheid, die diese Plattform betreiben."
                ),
            ),
        };
        self.letter("second_factor_reset", to, (subject, text))
    }

    /// To whom somebody's guesses of a second factor say that the password is known.
    pub(crate) fn password_known(&self, to: Reader<'_>) -> Letter {
        let url = &self.url;
        let (subject, text) = match to.language {
            En => (
                "Somebody knows your password",
                format!(
                    "somebody typed your password, and then several times a wrong second factor. They were not let in.\n\n\
                     If it was you, all is well. If not, your password is known to somebody: choose another one at once, here and wherever else \
                     you use it:\n\n{url}/forgot-password"
                ),
            ),
            De => (
                "Jemand kennt dein Passwort",
                format!(
                    "jemand hat dein Passwort eingegeben und danach mehrmals einen falschen zweiten Faktor. Die Anmeldung ist nicht gelungen.\n\n\
                     Wenn du das warst, ist alles gut. Wenn nicht, kennt jemand dein Passwort: Wähle sofort ein anderes, hier und überall sonst, \
                     wo du es benutzt:\n\n{url}/forgot-password"
                ),
            ),
        };
        self.letter("password_known", to, (subject, text))
    }
}
