//! What becomes of a message: said, held for a moderator, or refused. Pure: who writes, what, where, when are arguments.
//!
//! The room's modes come first, then the rules for suspicious messages; the first that objects decides. Who moderates, VIPs and the owner are
//! exempt from all of them. What needs memory (slow mode, repeats) is [`crate::bus::Said`]'s and asked after this.

pub mod findings;
pub mod flood;
pub mod fold;
pub mod links;
pub mod modes;
pub mod shape;
pub mod terms;

use crate::{directory::Standing, error::Code, settings::Settings};
use std::time::Duration;

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It is said.
    Pass,
    /// Its author is told why not, and when it would pass if time alone helps.
    Refuse(Code, Option<Duration>),
    /// It waits for a moderator.
    Hold(Reason),
}

/// Why a message waits for a moderator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A blocked term.
    Terms,
    /// A link of somebody who is new here.
    NewUserLinks,
    /// One of many in a short time, or of the same by many people.
    Flood,
    /// Mostly capitals.
    Caps,
    /// The same character or word over and over.
    Repeats,
    /// A link where links are held.
    Links,
    /// An image of somebody who is new here.
    Image,
}

impl Reason {
    /// As frames name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::NewUserLinks => "new_user_links",
            Self::Flood => "flood",
            Self::Caps => "caps",
            Self::Repeats => "repeats",
            Self::Links => "links",
            Self::Image => "image",
        }
    }
}

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    /// What they are in the channel.
    pub standing: &'a Standing,
    /// Whether the e-mail address is verified.
    pub email_verified: bool,
}

impl Author<'_> {
    /// Whether modes and rules do not count for them.
    pub fn is_exempt(&self) -> bool {
        self.standing.rank() > crate::directory::Rank::Anybody
    }
}

/// What is written, as it would go into the log.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// Normalised.
    pub text: &'a str,
    /// Names of the room's emotes that it has as `:NAME:`.
    pub emotes: &'a [String],
    /// Whether an image comes with it.
    pub has_image: bool,
}

/// Judges a message said at `now_ms` (Unix milliseconds).
pub fn judge(now_ms: u64, settings: &Settings, author: &Author<'_>, text: &Text<'_>) -> Judgement {
    if author.is_exempt() {
        return Judgement::Pass;
    }
    modes::judge(now_ms, settings, author, text)
}
