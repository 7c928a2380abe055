//! What goes wrong, as sentences for the operator: who was asked, where, and what to do about it.
//!
//! What somebody else said is made harmless before it comes in here. The exit status is 64 where a setting or the use is wrong, 69 where
//! somebody does not answer, 1 otherwise.

use crate::{command::Which, text};
use std::io;
use streamly_auth::KeyError;
use streamly_config::{EXIT_CONFIG, EXIT_UNAVAILABLE};
use streamly_rpc::code_of;
use tonic::{Code, Status};
use uuid::Uuid;

/// Who was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The service, or the node.
    pub name: String,
    /// Where.
    pub url: String,
    /// What to look at if nobody answers there, as a question.
    pub hint: &'static str,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Settings, all that are wrong.
    #[error(transparent)]
    Config(#[from] streamly_config::Error),
    /// Nobody answers there, or nobody who speaks gRPC.
    #[error("{} does not answer at {} ({said}): {}", .asked.name, .asked.url, .asked.hint)]
    NotThere {
        /// Who.
        asked: Asked,
        /// What the network said.
        said: String,
    },
    /// The answer did not come in time.
    #[error("{} took too long to answer at {}: what was asked for may have been done, look before you repeat it", .asked.name, .asked.url)]
    Late {
        /// Who.
        asked: Asked,
    },
    /// It answers that it cannot, for now.
    #[error("{name} cannot do it now: {said}")]
    Away {
        /// Who.
        name: String,
        /// What it said.
        said: String,
    },
    /// The key is not the one that it knows.
    #[error(
        "{name} does not know the operator's key: trust.peers.operator there has to be its public half, and the clocks have to agree"
    )]
    Stranger {
        /// Who.
        name: String,
    },
    /// It knows the operator and does not do this for it.
    #[error("{name} does not let the operator do this: is it of another release than this program?")]
    NotAllowed {
        /// Who.
        name: String,
    },
    /// It does not have this call.
    #[error("{name} does not know this call: is it of an older release than this program?")]
    Older {
        /// Who.
        name: String,
    },
    /// Any other answer that is none.
    #[error("{name} refused ({code:?}): {said}")]
    Refused {
        /// Who.
        name: String,
        /// Its status.
        code: Code,
        /// What it said.
        said: String,
    },
    /// More pages than there can be.
    #[error("{name} gives page after page without an end")]
    Endless {
        /// Who.
        name: String,
    },
    /// No channel has that name.
    #[error("there is no channel {channel:?}")]
    NoChannel {
        /// The name.
        channel: String,
    },
    /// No broadcast has that id.
    #[error("there is no broadcast {id}: `live` lists what is on air")]
    NoBroadcast {
        /// The id.
        id: Uuid,
    },
    /// It is known, and not on air.
    #[error("{which} is not on air: `live` lists what is")]
    NotOnAir {
        /// What was to be ended.
        which: Which,
    },
    /// The channel has no such key.
    #[error("there is no key {key:?} of channel {channel:?}: `keys` lists a channel's")]
    NoKey {
        /// The channel.
        channel: String,
        /// The key's id.
        key: String,
    },
    /// No node of that name has been heard.
    #[error("there is no ingest node {node:?}: `nodes` lists those that have been heard")]
    NoNode {
        /// The name.
        node: String,
    },
    /// The node has not told its address.
    #[error(
        "ingest node {node:?} has not told where it takes commands: STREAMLY_INGEST__GRPC_URL is not set there"
    )]
    NoAddress {
        /// The node.
        node: String,
    },
    /// The node is where none may be.
    #[error(
        "ingest node {node:?} says that it is at {url:?}, which is no address in the networks of STREAMLY_CTL__NODES_ALLOW: it is not called"
    )]
    Outside {
        /// The node.
        node: String,
        /// What it says.
        url: String,
    },
    /// There was no text of keys at all.
    #[error(
        "nothing came from stdin, where the text of signing keys is read (`kubectl exec` passes it on with -i)"
    )]
    NothingRead,
    /// The text of keys is none, or has none.
    #[error("the text of signing keys is damaged, nothing was written")]
    DamagedKeys(#[source] KeyError),
    /// As many keys as a text may have.
    #[error("there are as many signing keys as there may be: rotate again when some of them have ended")]
    TooManyKeys,
    /// No key could be made.
    #[error("no new signing key, nothing was written")]
    NewKey(#[source] KeyError),
    /// Secrets would be shown.
    #[error("stdout is a terminal, and signing keys are secret: redirect it to a file or a pipe")]
    ToTerminal,
    /// The keys could not be read.
    #[error("stdin cannot be read")]
    Input(#[source] io::Error),
    /// The new keys did not get where they should: the old ones go on.
    #[error("the new signing keys cannot be written to stdout, keep the former ones")]
    KeysNotWritten(#[source] io::Error),
    /// The answer could not be written.
    #[error("stdout cannot be written")]
    Output(#[source] io::Error),
    /// The operating system's signals cannot be waited for.
    #[error("signals cannot be waited for")]
    Signals(#[source] io::Error),
    /// The system gives no timers or sockets.
    #[error("no runtime")]
    Runtime(#[source] io::Error),
}

impl Error {
    /// What a status says that means the same for every call.
    pub(crate) fn of(asked: &Asked, status: &Status) -> Self {
        let (name, said) = (asked.name.clone(), said(status));
        match status.code() {
            // Our own code: it has been reached.
            Code::Unavailable if code_of(status).is_some() => Self::Away { name, said },
            Code::Unavailable | Code::Unknown => Self::NotThere { asked: asked.clone(), said },
            Code::DeadlineExceeded | Code::Cancelled => Self::Late { asked: asked.clone() },
            Code::Unauthenticated => Self::Stranger { name },
            Code::PermissionDenied => Self::NotAllowed { name },
            Code::Unimplemented => Self::Older { name },
            code => Self::Refused { name, code, said },
        }
    }

    /// The process's exit status.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::Stranger { .. }
            | Self::NoAddress { .. }
            | Self::Outside { .. }
            | Self::NothingRead
            | Self::ToTerminal => EXIT_CONFIG,
            Self::NotThere { .. } | Self::Late { .. } | Self::Away { .. } => EXIT_UNAVAILABLE,
            _ => 1,
        }
    }

    /// Whether somebody did not answer who may answer later.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self, Self::NotThere { .. } | Self::Late { .. } | Self::Away { .. })
    }
}

/// The innermost cause, which says most.
pub(crate) fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    text::said(&cause.to_string())
}

/// What a status says: why there is no connection, or the peer's own words.
pub(crate) fn said(status: &Status) -> String {
    match std::error::Error::source(status) {
        Some(cause) => root(cause),
        None if status.message().is_empty() => status.code().description().to_owned(),
        None => text::said(status.message()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_rpc::status_of;

    fn asked() -> Asked {
        let hint = "is STREAMLY_CTL__STREAM__URL right?";
        Asked { name: "stream".into(), url: "http://stream:9082".into(), hint }
    }

    #[test]
    fn who_does_not_answer_is_named_with_the_setting_and_has_the_status_of_an_outage() {
        let error = Error::of(&asked(), &Status::unavailable("connection\u{1b}[2J refused"));
        assert_eq!(
            error.to_string(),
            "stream does not answer at http://stream:9082 (connection�[2J refused): is STREAMLY_CTL__STREAM__URL right?"
        );
        assert!(error.exit_code() == 69 && error.is_outage());
    }

    #[test]
    fn each_status_has_its_sentence_and_exit_status() {
        let told = |status: Status| {
            let error = Error::of(&asked(), &status);
            (error.to_string(), error.exit_code(), error.is_outage())
        };
        for (status, words, code, is_outage) in [
            (Status::unauthenticated(""), "trust.peers.operator", 64, false),
            (Status::permission_denied(""), "does not let the operator", 1, false),
            (Status::unimplemented(""), "older release", 1, false),
            (Status::cancelled("Timeout expired"), "may have been done", 69, true),
            (Status::deadline_exceeded(""), "may have been done", 69, true),
            (status_of(streamly_status::Code::Unavailable), "cannot do it now", 69, true),
            (Status::invalid_argument("cursor"), "refused (InvalidArgument): cursor", 1, false),
            (Status::internal(""), "refused (Internal): Internal error", 1, false),
        ] {
            let (sentence, exit, outage) = told(status);
            assert!(sentence.starts_with("stream ") && sentence.contains(words), "{sentence}");
            assert_eq!((exit, outage), (code, is_outage), "{sentence}");
        }
    }

    #[test]
    fn what_others_are_called_is_quoted() {
        let error = Error::Outside { node: "a\u{1b}]0;".into(), url: "http://e\u{202e}vil".into() };
        let sentence = error.to_string();
        assert!(sentence.contains(r"a\u{1b}]0;") && sentence.contains(r"e\u{202e}vil"), "{sentence}");
        assert_eq!(error.exit_code(), 64);
    }
}
