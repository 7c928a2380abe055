//! The letter to followers of a channel that went live. Title and names are the channel's own; its category is called as its readers call it.

use super::{LIVE, Letter, Reader, Site};
use streamly_domain::{
    Language::{De, En},
    category,
};
use uuid::Uuid;

/// A channel that went live, as its followers are told.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) broadcast: Uuid,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) title: String,
    pub(crate) category: String,
}

impl Site {
    /// To a follower. `stop_url` ends such mails.
    pub(crate) fn live(&self, to: Reader<'_>, live: &Live, stop_url: &str) -> Letter {
        let Live { username, display_name, title, category, .. } = live;
        let (url, category) = (&self.url, category::name_in(to.language, category));
        let lines: String = [title.as_str(), category]
            .into_iter()
            .filter(|line| !line.is_empty())
            .map(|line| format!("\n  {line}"))
            .collect();
        let about = if lines.is_empty() { String::new() } else { format!("{lines}\n") };
        let (subject, text) = match to.language {
            En => (
                format!("{display_name} is live"),
                format!(
                    "{display_name} is live now:\n{about}\n{url}/{username}\n\n\
                     You follow {display_name} and asked for mails. Where you choose which ones you get:\n\n{url}/settings/notices\n\n\
                     No more mails of live channels, without signing in:\n\n{stop_url}"
                ),
            ),
            De => (
                format!("{display_name} ist live"),
                format!(
                    "{display_name} ist jetzt live:\n{about}\n{url}/{username}\n\n\
                     Du folgst {display_name} und wolltest Mails. Hier wählst du, welche du bekommst:\n\n{url}/settings/notices\n\n\
                     Keine Mails über Live-Kanäle mehr, ohne Anmeldung:\n\n{stop_url}"
                ),
            ),
        };
        let subject = if title.is_empty() { subject } else { format!("{subject}: {title}") };
        self.letter(LIVE, to, (&subject, text))
    }
}
