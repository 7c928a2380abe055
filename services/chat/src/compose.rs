//! What a message is besides its place in the log: the members of its frame, put together from what the steps before found out.
//!
//! Pure: who is mentioned is asked for by [`crate::speech`]. Members that do not apply are left out.

use crate::{frame::Person, log_id::LogId};
use serde::Serialize;
use serde_json::{Map, Value};
use streamly_domain::{UserId, Username};

/// Most people that a message mentions; further names stay text.
pub const MAX_MENTIONS: usize = 10;

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
    /// What it replies to; that message's text is no part of this one.
    pub reply_to: Option<LogId>,
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
    use proptest::prelude::*;
    use serde_json::json;

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
    fn members_that_do_not_apply_are_left_out() {
        let person = Person { id: UserId::new(), username: "ada".into(), display_name: "Ada".into() };
        let message = Message {
            person: &person,
            badges: vec!["vip"],
            colour: Some("#aabbcc".into()),
            text: "hi",
            is_me: false,
            is_first: true,
            mentions: Vec::new(),
            reply_to: Some(LogId::at(1)),
            more: Map::new(),
        };
        let body: Value = serde_json::from_str(&format!("{{{}}}", message.body())).unwrap();
        assert_eq!((&body["user"]["color"], &body["first"]), (&json!("#aabbcc"), &json!(true)));
        assert_eq!(body["reply_to"], LogId::at(1).to_string());
        assert!(["me", "mentions", "reply"].iter().all(|name| body.get(name).is_none()), "{body}");
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(s in ".*") {
            let _ = mentioned(&s);
        }
    }
}
