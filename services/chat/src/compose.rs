//! What a message is besides its place in the log: the members of its frame, put together from what the steps before found out.
//!
//! Pure but for finding: who is mentioned and what is replied to are asked for by [`crate::session`]. Members that do not apply are left out.

use crate::{bus::Entry, frame::Person, log_id::LogId};
use serde::Serialize;
use serde_json::{Map, Value, json};
use streamly_domain::{UserId, Username};
use unicode_segmentation::UnicodeSegmentation;

/// Most people that a message mentions; further names stay text.
pub const MAX_MENTIONS: usize = 10;
/// What a reply shows of its parent, graphemes.
const QUOTE: usize = 100;

/// The message that is replied to, as it was then.
#[derive(Debug, Clone, PartialEq)]
pub struct Quote {
    user: Value,
    text: String,
}

impl Quote {
    /// Of an event that is kept; `None` if it is no message.
    pub fn of(parent: &Entry) -> Option<Self> {
        let mut members: Map<String, Value> = serde_json::from_str(&format!("{{{}}}", parent.body)).ok()?;
        let text = members.get("text")?.as_str()?;
        let text = match text.grapheme_indices(true).nth(QUOTE) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        };
        let mut user = members.remove("user")?;
        user.as_object_mut()?.retain(|name, _| matches!(name.as_str(), "id" | "username" | "display_name"));
        Some(Self { user, text })
    }
}

/// A message to be.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Who says it.
    pub person: &'a Person,
    /// Their badges in this room.
    pub badges: Vec<&'static str>,
    /// Their name's colour, `#rrggbb`.
    pub colour: Option<String>,
    /// What, normalised.
    pub text: &'a str,
    /// Told of oneself: `/me`.
    pub is_me: bool,
    /// The person's first in this room.
    pub is_first: bool,
    /// Who is mentioned.
    pub mentions: Vec<UserId>,
    /// What it replies to.
    pub reply_to: Option<LogId>,
    /// That message, if it is still there.
    pub quote: Option<Quote>,
    /// Further members, by their owners: `emotes`, `image`, `announcement`.
    pub more: Map<String, Value>,
}

impl Message<'_> {
    /// The members besides type, room, id and at, as JSON text without braces.
    pub fn body(&self) -> String {
        let Person { id, username, display_name } = self.person;
        let (badges, color) = (&self.badges[..], self.colour.as_deref());
        let user = User { id: *id, username, display_name, badges, color };
        let mut body = format!("\"user\":{},\"text\":{}", written(&user), written(self.text));
        let mut add = |name: &str, value: Value| {
            body.push_str(&format!(",\"{name}\":{value}"));
        };
        if self.is_me {
            add("me", true.into());
        }
        if self.is_first {
            add("first", true.into());
        }
        if !self.mentions.is_empty() {
            add("mentions", self.mentions.iter().map(ToString::to_string).collect());
        }
        if let Some(id) = self.reply_to {
            add("reply_to", id.to_string().into());
        }
        if let Some(quote) = &self.quote {
            add("reply", json!({"user": quote.user, "text": quote.text}));
        }
        for (name, value) in &self.more {
            add(name, value.clone());
        }
        body
    }
}

/// A person as a message has them.
#[derive(Serialize)]
struct User<'a> {
    id: UserId,
    username: &'a str,
    display_name: &'a str,
    badges: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<&'a str>,
}

/// As JSON text; texts and plain members cannot fail.
fn written(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// Names after an `@` at the start of a word, each once, in order, at most [`MAX_MENTIONS`].
pub fn mentioned(text: &str) -> Vec<Username> {
    let mut names: Vec<Username> = Vec::new();
    for word in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '@'))) {
        let Some(name) = word.strip_prefix('@').and_then(|n| Username::parse(n).ok()) else { continue };
        if !names.contains(&name) {
            names.push(name);
        }
        if names.len() == MAX_MENTIONS {
            break;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::Kind;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<String> {
        mentioned(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_are_found_where_people_write_them_and_not_in_addresses() {
        assert_eq!(names("@Ada, hi (@bob_1) and @ada"), ["ada", "bob_1"]);
        assert_eq!(names("mail ada@example.org, @x, @ada@bob, @@ada, über@ada"), Vec::<String>::new());
        let many: String = (0..20).map(|n| format!("@name{n} ")).collect();
        assert_eq!(names(&many).len(), MAX_MENTIONS);
    }

    #[test]
    fn a_quote_is_short_and_tells_who() {
        let person = Person { id: UserId::new(), username: "ada".into(), display_name: "Ada".into() };
        let text = "👩‍🚀".repeat(150);
        let message = |quote| Message {
            person: &person,
            badges: vec!["vip"],
            colour: Some("#aabbcc".into()),
            text: &text,
            is_me: false,
            is_first: true,
            mentions: Vec::new(),
            reply_to: None,
            quote,
            more: Map::new(),
        };
        let (id, prev, author) = (LogId::at(1), LogId::default(), Some(person.id));
        let parent = Entry { id, prev, kind: Kind::Message, author, nonce: None, body: message(None).body() };
        let quote = Quote::of(&parent).unwrap();
        assert_eq!(quote.text.graphemes(true).count(), QUOTE + 1);
        let body: Value = serde_json::from_str(&format!("{{{}}}", message(Some(quote)).body())).unwrap();
        assert_eq!(body["reply"]["user"], json!({"id": person.id, "username": "ada", "display_name": "Ada"}));
        assert_eq!((&body["user"]["color"], &body["first"]), (&json!("#aabbcc"), &json!(true)));
        assert!(body.get("me").is_none() && body.get("mentions").is_none());
        let gone = Entry { body: "\"message_id\":\"x\"".into(), kind: Kind::Deleted, ..parent };
        assert_eq!(Quote::of(&gone), None);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(s in ".*") {
            let _ = mentioned(&s);
        }
    }
}
