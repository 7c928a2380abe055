//! What may be asked for, as it is typed. The texts here are the program's help.

use clap::builder::NonEmptyStringValueParser;
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// A command with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, clap::Subcommand)]
pub enum Command {
    /// List what is on air, whatever its visibility, the newest first.
    Live {
        /// One JSON object a line instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// List the ingest nodes with what they have and do.
    Nodes {
        /// One JSON object a line instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// End a broadcast at once. Its encoder may come again; `revoke` keeps it away.
    End {
        /// A channel's name, or a broadcast's id (a UUID).
        #[arg(value_name = "CHANNEL-OR-BROADCAST-ID")]
        which: Which,
    },
    /// List a channel's stream keys, without their secrets.
    Keys {
        /// The channel's name.
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        channel: String,
        /// One JSON object a line instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// End a stream key for good, or all of a channel's, and what is broadcast with them.
    Revoke {
        /// The channel's name.
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        channel: String,
        /// The key's id, as `keys` lists it.
        #[arg(
            value_name = "KEY-ID",
            required_unless_present = "all",
            conflicts_with = "all",
            value_parser = NonEmptyStringValueParser::new()
        )]
        key: Option<String>,
        /// All keys of the channel.
        #[arg(long)]
        all: bool,
    },
    /// Let an ingest node take no new publisher, and watch until its broadcasts have gone. Ctrl-C ends the watching, not the drain.
    Drain {
        /// The node's name, as `nodes` lists it.
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        node: String,
        /// Do not watch.
        #[arg(long)]
        no_wait: bool,
    },
    /// Ask every service how it is. Exit status 69 if one is not well.
    Health {
        /// One JSON object a line instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Let a new key sign access tokens: reads the text of keys from stdin and writes the new one to stdout. Nobody is signed out.
    RotateSigningKeys {
        /// Seconds for which the new key is known before it signs. Below 300 some calls wait once for the key to be fetched.
        #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(..=86_400))]
        lead_s: u64,
        /// A key got into wrong hands: all others go at once. People's pages renew their tokens by themselves.
        #[arg(long)]
        revoke: bool,
    },
    /// Do nothing until SIGTERM: what a container runs in which the other commands are given.
    Wait,
}

impl Command {
    /// Whether it asks services, and so has to be told where they are. No other needs a configuration.
    pub fn needs_a_platform(&self) -> bool {
        !matches!(self, Self::RotateSigningKeys { .. } | Self::Wait)
    }
}

/// Which broadcast is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// What the channel of that name broadcasts.
    Channel(String),
    /// The one of that id.
    Broadcast(Uuid),
}

/// Nothing was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a channel's name or a broadcast's id is needed")]
pub struct NotNamed;

impl FromStr for Which {
    type Err = NotNamed;

    /// A channel's name is never a UUID: it is too short for one.
    fn from_str(text: &str) -> Result<Self, NotNamed> {
        match Uuid::parse_str(text) {
            Ok(id) => Ok(Self::Broadcast(id)),
            Err(_) if text.is_empty() => Err(NotNamed),
            Err(_) => Ok(Self::Channel(text.to_owned())),
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(name) => write!(f, "channel {name:?}"),
            Self::Broadcast(id) => write!(f, "broadcast {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(subcommand)]
        command: Command,
    }

    const ID: &str = "0198c0de-0000-7000-8000-00000000002a";

    fn parsed(words: &[&str]) -> Option<Command> {
        let line = std::iter::once("streamlyctl").chain(words.iter().copied());
        Cli::try_parse_from(line).ok().map(|cli| cli.command)
    }

    #[test]
    fn the_definition_has_no_contradiction() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_uuid_is_a_broadcast_and_anything_else_a_channel() {
        let which = |text: &str| match parsed(&["end", text]) {
            Some(Command::End { which }) => Some(which),
            _ => None,
        };
        let id = Uuid::from_u128(0x0198_c0de_0000_7000_8000_0000_0000_002a);
        assert_eq!(which(ID), Some(Which::Broadcast(id)));
        assert_eq!(which("ada"), Some(Which::Channel("ada".into())));
        assert_eq!(which(""), None);
        assert_eq!(Which::Channel("a\u{1b}".into()).to_string(), r#"channel "a\u{1b}""#);
    }

    #[test]
    fn revoke_takes_one_key_or_all_and_neither_nothing_nor_both() {
        let revoke = |key: Option<&str>, all| {
            Some(Command::Revoke { channel: "ada".into(), key: key.map(str::to_owned), all })
        };
        assert_eq!(parsed(&["revoke", "ada", ID]), revoke(Some(ID), false));
        assert_eq!(parsed(&["revoke", "ada", "--all"]), revoke(None, true));
        assert_eq!(parsed(&["revoke", "ada"]), None);
        assert_eq!(parsed(&["revoke", "ada", ID, "--all"]), None);
        // The server takes an empty id for all keys.
        assert_eq!(parsed(&["revoke", "ada", ""]), None);
        assert_eq!(parsed(&["revoke", "", "--all"]), None);
    }

    #[test]
    fn a_new_key_signs_after_ten_minutes_if_nothing_else_is_said_and_within_a_day() {
        let lead = |words: &[&str]| match parsed(words) {
            Some(Command::RotateSigningKeys { lead_s, revoke }) => Some((lead_s, revoke)),
            _ => None,
        };
        assert_eq!(lead(&["rotate-signing-keys"]), Some((600, false)));
        assert_eq!(lead(&["rotate-signing-keys", "--lead-s", "86400", "--revoke"]), Some((86_400, true)));
        assert_eq!(lead(&["rotate-signing-keys", "--lead-s", "86401"]), None);
    }

    #[test]
    fn only_what_asks_nobody_goes_without_configuration() {
        let needs = |words: &[&str]| parsed(words).map(|command| command.needs_a_platform());
        for words in [&["wait"][..], &["rotate-signing-keys"]] {
            assert_eq!(needs(words), Some(false), "{words:?}");
        }
        for words in [
            &["live", "--json"][..],
            &["nodes"],
            &["end", "ada"],
            &["keys", "ada"],
            &["revoke", "ada", "--all"],
            &["drain", "ingest-1", "--no-wait"],
            &["health"],
        ] {
            assert_eq!(needs(words), Some(true), "{words:?}");
        }
    }
}
