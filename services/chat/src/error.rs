//! What an `error` frame can say.

use serde::Serialize;

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
    /// Nothing visible in the text.
    Empty, "empty", "There is nothing to send.";
    /// Longer than 500 characters, or than `limits.max_text`.
    TooLong, "too_long", "A message has at most 500 characters, fewer if they are made of many parts.";
    /// Faster than allowed.
    RateLimited, "rate_limited", "Not so fast. Wait a moment.";
    /// The message of that nonce was deleted in the meantime.
    MessageDeleted, "message_deleted", "This message was deleted.";
    /// Redis or a service behind is away.
    Unavailable, "unavailable", "Chat is away for the moment. Reading goes on by itself.";
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}
