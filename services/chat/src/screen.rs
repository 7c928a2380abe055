//! Looks at a message before the rules judge it: blocked terms, floods, whether its author is new here.
//!
//! Only what the room's settings ask for is looked at; who is exempt from rules is not looked at at all. PostgreSQL or Redis away: terms
//! as last known, floods as counted on this node. What becomes of the message is [`crate::rules`]' to say.

use crate::{
    bus::{Counts, hash},
    chatters::Chatters,
    config::Rules,
    rules::{Text, findings::Findings, flood, fold, links},
    settings::{Measure, Settings},
    socket::unix_ms,
    terms,
};
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};

/// What messages are looked at with. Clones share it.
#[derive(Clone)]
pub struct Screen {
    /// Blocked terms.
    pub terms: terms::Known,
    /// Floods.
    pub counts: Counts,
    /// Who wrote where before.
    pub chatters: Chatters,
    /// Thresholds.
    pub rules: Rules,
}

impl Screen {
    /// Whether somebody counts as new in the room: a young account, or nothing said there before.
    async fn is_new(&self, room: ChannelId, author: UserId) -> bool {
        account_age(author) < self.rules.new_account.get() || self.chatters.is_new(room, author).await
    }

    /// What is suspicious about the message. Counts it for floods: ask once for each message.
    pub async fn look(
        &self,
        room: ChannelId,
        settings: &Settings,
        author: UserId,
        nonce: Option<&str>,
        message: &Text<'_>,
    ) -> Findings {
        let (rules, text) = (&settings.rules, message.text);
        let mut findings = Findings::of_text(text, &self.rules);
        if rules.new_user_links != Measure::Allow && links::has_link(text) {
            findings.new_user_link = self.is_new(room, author).await;
        }
        if message.has_image {
            findings.new_user_image = self.is_new(room, author).await;
        }
        if rules.terms != Measure::Allow {
            let terms = self.terms.of(room).await;
            if !terms.is_empty() {
                findings.term = terms.find(&fold::fold(text)).map(str::to_owned);
            }
        }
        if rules.flood != Measure::Allow || rules.repeats != Measure::Allow {
            let r = &self.rules;
            let key = fold::key(text);
            let counted =
                flood::Message { room, user: author, text: hash(&key), nonce: nonce.unwrap_or_default() };
            let seen = self.counts.count(&counted, r.flood_window.get(), r.flood_people).await;
            // Short ones are what everybody says at the same moment, and again: "gg", "hi".
            let counts = key.chars().count() >= r.same_characters;
            findings.repeats |= counts && seen.is_again;
            findings.flood =
                seen.messages > r.flood_messages as u64 || counts && seen.people >= r.flood_people as u64;
        }
        findings
    }
}

/// How long ago the account was made: a user's id says it (UUIDv7, RFC 9562, section 5.7). Ids of another kind are old.
fn account_age(user: UserId) -> Duration {
    let made = user.uuid().get_timestamp().map(|t| t.to_unix());
    let made = made.map_or(Duration::ZERO, |(seconds, nanos)| Duration::new(seconds, nanos));
    Duration::from_millis(unix_ms()).saturating_sub(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_the_age_of_the_account() {
        assert!(account_age(UserId::new()) < Duration::from_secs(60));
        let old = "01932f00-0000-7000-8000-000000000001".parse().unwrap();
        assert!(account_age(old) > Duration::from_secs(24 * 3600));
        assert!(account_age(UserId(uuid::Uuid::nil())) > Duration::from_secs(24 * 3600));
    }
}
