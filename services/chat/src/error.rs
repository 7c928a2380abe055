//! What an `error` frame can say, and why something was not done. REST says the same by the codes' names.

use serde::Serialize;
use std::time::Duration;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $detail:literal;)*) => {
        /// Codes of `error` frames, with a fixed sentence each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $variant,)* }
        impl Code {
            #[cfg(test)]
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];
            /// The name on the wire.
            pub fn name(self) -> &'static str { match self { $(Code::$variant => $name,)* } }
            /// The sentence for a person.
            pub fn detail(self) -> &'static str { match self { $(Code::$variant => $detail,)* } }
        }
    };
}

codes! {
    /// Not a JSON object with a `type`.
    Malformed, "malformed", "A frame is a JSON object with a type.";
    /// A type that the server does not know.
    UnknownType, "unknown_type", "This type of frame is not known.";
    /// A field is missing or has the wrong kind of value.
    InvalidFrame, "invalid_frame", "A field of this frame is missing or wrong.";
    /// Another version than 1.
    UnsupportedVersion, "unsupported_version", "Only version 1 is spoken here.";
    /// A second hello.
    HelloAgain, "hello_again", "Hello was said already.";
    /// A token in `auth` that does not verify.
    InvalidToken, "invalid_token", "The token does not verify.";
    /// A token of another person than the socket's.
    WrongUser, "wrong_user", "The token belongs to somebody else. Open a new connection.";
    /// No channel of that id or name.
    ChannelNotFound, "channel_not_found", "There is no such channel.";
    /// The channel is not for everybody, and not for this person.
    NotVisible, "not_visible", "This chat is for those who may watch the channel.";
    /// The room is not joined on this socket.
    NotJoined, "not_joined", "Join the room first.";
    /// As many rooms as a socket may have.
    TooManyRooms, "too_many_rooms", "This connection is in as many rooms as it may be.";
    /// `since` is not an id.
    InvalidSince, "invalid_since", "Since is not an id of the log.";
    /// Said without an account.
    Unauthorized, "unauthorized", "Sign in to write.";
    /// Said with an expired token.
    ReadOnly, "read_only", "Your sign-in has expired. Reading goes on.";
    /// Banned from the room.
    Banned, "banned", "You are banned from this chat.";
    /// Timed out in the room.
    TimedOut, "timed_out", "You may not write here for a while.";
    /// The person's last message is not long enough ago for the room's slow mode.
    SlowMode, "slow_mode", "This chat is in slow mode. Wait a moment.";
    /// Not a follower for as long as the room asks for.
    FollowersOnly, "followers_only", "Only followers may write here, some only after a while.";
    /// The e-mail address is not verified.
    VerifiedOnly, "verified_only", "Only people with a verified e-mail address may write here.";
    /// Something else than emotes.
    EmoteOnly, "emote_only", "Only emotes may be sent here at the moment.";
    /// Said before within ten minutes.
    Duplicate, "duplicate", "You said this a moment ago.";
    /// A link where there may be none.
    LinksOff, "links_off", "Links may not be sent here.";
    /// Refused by one of the room's rules, which one is not told; or it would have to wait for a moderator and cannot.
    NotAllowed, "not_allowed", "This message is not allowed here.";
    /// A command, or an act, by somebody without the role for it, or against somebody who is out of reach.
    Forbidden, "forbidden", "You may not do this here.";
    /// No command of that name.
    UnknownCommand, "unknown_command", "There is no such command. Try /help.";
    /// A command with other arguments than it takes; the detail says which.
    InvalidCommand, "invalid_command", "This command is used otherwise. Try /help.";
    /// No person of that name or id.
    UserNotFound, "user_not_found", "There is no such person.";
    /// The log does not have the message.
    MessageNotFound, "message_not_found", "There is no such message any more.";
    /// The room takes no images.
    ImagesOff, "images_off", "Images may not be shared here.";
    /// No image of that id that this person may use in this room.
    ImageNotFound, "image_not_found", "This image cannot be used, or not any more. Choose it again.";
    /// Nothing visible in the text.
    Empty, "empty", "There is nothing to send.";
    /// Longer than 500 characters, or than `limits.max_text`.
    TooLong, "too_long", "A message has at most 500 characters, fewer if they are made of many parts.";
    /// Faster than allowed.
    RateLimited, "rate_limited", "Not so fast. Wait a moment.";
    /// The message of that nonce was deleted in the meantime.
    MessageDeleted, "message_deleted", "This message was deleted.";
    /// No poll of that id in the room.
    PollNotFound, "poll_not_found", "There is no such poll.";
    /// The poll is over.
    PollClosed, "poll_closed", "This poll is over.";
    /// The room has an open poll already.
    PollOpen, "poll_open", "A poll is open already. End it first.";
    /// Redis or a service behind is away.
    Unavailable, "unavailable", "Chat is away for the moment. Reading goes on by itself.";
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

/// Why something was not done.
#[derive(Debug)]
pub struct Refusal {
    /// Which.
    pub code: Code,
    /// When to try again.
    pub wait: Option<Duration>,
    /// A sentence of its own, where there is more to say than the code's.
    pub detail: Option<String>,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, wait: None, detail: None }
    }
}

impl Refusal {
    /// To be tried again after that time.
    pub fn wait(code: Code, wait: Duration) -> Self {
        Self { wait: Some(wait), ..code.into() }
    }
}
