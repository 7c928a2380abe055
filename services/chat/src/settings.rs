//! What the owner and moderators set for a room: modes (slow, followers only, …), rules for suspicious messages, shield.
//!
//! Pure. A change names some fields, each is checked, and all are taken or none; what is wrong is told by field. Shield sets the strict
//! ones together, and gives back at its end what was set before. Who may change them is [`crate::moderation`]'s to say, what they do to a
//! message [`crate::rules`]'; [`Known`] has them as last known on this node.

mod known;
mod patch;
#[cfg(test)]
mod tests;

pub use known::Known;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Longest pause of slow mode, seconds: two hours.
pub const MAX_SLOW_S: u32 = 7_200;
/// Longest age of a follow that can be asked for, minutes: 90 days.
pub const MAX_FOLLOWED_MIN: u32 = 129_600;

/// What becomes of a suspicious message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// It is said.
    Allow,
    /// It waits for a moderator.
    Hold,
    /// Its author is told no.
    Refuse,
}

/// Measures against each kind of suspicious message; moderators see them, others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Blocked terms of the channel.
    pub terms: Measure,
    /// Links of people who are new here.
    pub new_user_links: Measure,
    /// Many messages in a short time, or the same one by many people.
    pub flood: Measure,
    /// Mostly capitals.
    pub caps: Measure,
    /// The same character or word over and over.
    pub repeats: Measure,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            terms: Measure::Hold,
            new_user_links: Measure::Hold,
            flood: Measure::Allow,
            caps: Measure::Allow,
            repeats: Measure::Allow,
        }
    }
}

/// The settings of one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Grows with each change; of two, the higher one counts.
    pub version: u64,
    /// Seconds between two messages of one person; 0: no pause.
    pub slow_s: u32,
    /// Only followers of at least so many minutes may write.
    pub followers_only_min: Option<u32>,
    /// Only people with a verified e-mail address may write.
    pub verified_only: bool,
    /// Messages are emotes and emoji only.
    pub emote_only: bool,
    /// Nobody says the same twice within ten minutes.
    pub unique: bool,
    /// Messages with links.
    pub links: Measure,
    /// Whether the strict ones were set together.
    pub shield: bool,
    /// Whether people may share images.
    pub images: bool,
    /// Rules for suspicious messages.
    pub rules: Rules,
    /// What shield gives back at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before_shield: Option<Box<Settings>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: 0,
            slow_s: 0,
            followers_only_min: None,
            verified_only: false,
            emote_only: false,
            unique: false,
            links: Measure::Allow,
            shield: false,
            images: false,
            rules: Rules::default(),
            before_shield: None,
        }
    }
}

impl Settings {
    /// As it is kept.
    pub fn stored(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Reads what was kept; what it does not know, or what is no setting any more, is as nobody set it.
    pub fn from_stored(stored: Value, version: u64) -> Self {
        let read = serde_json::from_value::<Self>(stored).unwrap_or_default();
        Self { version, ..read }
    }

    /// What everybody in the room is told.
    pub fn public(&self) -> Value {
        let mut all = self.for_moderators();
        if let Some(members) = all.as_object_mut() {
            members.remove("rules");
        }
        all
    }

    /// What moderators are told: the rules too.
    pub fn for_moderators(&self) -> Value {
        let mut all = self.stored();
        if let Some(members) = all.as_object_mut() {
            members.remove("before_shield");
        }
        all
    }

    /// Turns shield on or off; what it is already changes nothing.
    fn switch_shield(&mut self, on: bool, email_verification: bool) {
        if on == self.shield {
            return;
        }
        if on {
            let before = Settings { before_shield: None, ..self.clone() };
            self.before_shield = Some(Box::new(before));
            self.shield = true;
            self.harden(email_verification);
        } else {
            let before = self.before_shield.take().map_or_else(Settings::default, |b| *b);
            *self = Settings { version: self.version, shield: false, ..before };
        }
    }

    /// The strict ones together. What is stricter already stays. Emote-only is left alone: it ends a conversation, shield is to save it.
    fn harden(&mut self, email_verification: bool) {
        self.slow_s = self.slow_s.max(SHIELD_SLOW_S);
        self.followers_only_min =
            Some(self.followers_only_min.map_or(SHIELD_FOLLOWED_MIN, |m| m.max(SHIELD_FOLLOWED_MIN)));
        self.verified_only |= email_verification;
        self.unique = true;
        self.links = Measure::Refuse;
        self.images = false;
        let Rules { terms, new_user_links, flood, caps, repeats } = &mut self.rules;
        (*terms, *new_user_links) = (Measure::Refuse, Measure::Refuse);
        for rule in [flood, caps, repeats] {
            *rule = (*rule).max(Measure::Hold);
        }
    }

    /// The fields of `self` that are other than in `other`, each with its value in `other` and in `self`: `{"slow_s": [0, 30]}`.
    pub fn changes_from(&self, other: &Self) -> serde_json::Map<String, Value> {
        let (now, before) = (flat(self), flat(other));
        now.into_iter()
            .filter_map(|(name, now)| {
                let before = before.get(&name).cloned().unwrap_or_default();
                (before != now).then(|| (name, json!([before, now])))
            })
            .collect()
    }
}

/// Seconds of slow mode under shield.
const SHIELD_SLOW_S: u32 = 30;
/// Minutes of following asked for under shield.
const SHIELD_FOLLOWED_MIN: u32 = 10;

/// Fields by the names that a change gives them; rules as `rules.terms`.
fn flat(settings: &Settings) -> serde_json::Map<String, Value> {
    let mut all = serde_json::Map::new();
    let Value::Object(members) = settings.for_moderators() else { return all };
    for (name, value) in members {
        match value {
            Value::Object(rules) if name == "rules" => {
                all.extend(rules.into_iter().map(|(rule, v)| (format!("rules.{rule}"), v)));
            }
            _ if name == "version" => {}
            value => {
                all.insert(name, value);
            }
        }
    }
    all
}
