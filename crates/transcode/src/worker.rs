//! The worker process: access units of one source in, access units of every rung out.
//!
//! Any binary can be a worker: it calls [`main`] first thing in the subcommand its [`WorkerCommand`](crate::WorkerCommand) names. It speaks
//! [`wire`](crate::wire) on stdin and stdout and logs to stderr. It never restarts anything itself: on any fault it says so, ends, and
//! its parent starts another. It ends when stdin closes, and the kernel kills it when its parent dies (Linux).

mod boundaries;
mod captions;
mod clock;
mod gate;
mod nal;
mod pipeline;
pub(crate) mod probed;
mod raw;
mod rung;
mod scale;
mod session;
mod sound;
mod source;
mod stills;

use std::process::ExitCode;

/// Runs the worker to its end. `args` are those behind the subcommand: none to transcode, `probe NAME` to try one encoder,
/// `decoders` to list what can be decoded, `stills` to make stills of keyframes.
///
/// Nothing may have been written to stdout before. Exit codes: 0 done, 1 fault (its reason is the last line on stderr), 64 wrong
/// arguments.
pub fn main(args: impl IntoIterator<Item = String>) -> ExitCode {
    let args: Vec<String> = args.into_iter().collect();
    die_with_parent();
    let ended = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => session::run(),
        ["probe", name] => probed::run(name),
        ["decoders"] => crate::decoders::list(),
        ["stills"] => stills::run(),
        _ => {
            eprintln!(
                "usage: transcode-worker [probe ENCODER | decoders | stills]; started by the service, not by hand"
            );
            return ExitCode::from(64);
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{}", in_one_line(&fault));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes.
fn in_one_line(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    line.replace('\n', " ")
}

/// What ends a worker.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// Reading stdin or writing stdout.
    #[error("pipe to the parent broke")]
    Pipe(#[source] std::io::Error),
    /// The parent speaks another protocol.
    #[error("parent does not speak this worker's protocol")]
    Protocol(#[from] crate::wire::Error),
    /// The job is not one.
    #[error("job cannot be read")]
    Job(#[source] serde_json::Error),
    /// The first message is no job, or the job has no rungs.
    #[error("parent gave no job")]
    NoJob,
    /// No codec configuration record.
    #[error("codec configuration of the source is of no use")]
    Record(#[source] streamly_media::VideoError),
    /// No codec configuration of the sound.
    #[error("codec configuration of the sound is of no use")]
    SoundHeader(#[source] streamly_media::opus::Error),
    /// Nothing on this machine decodes the source.
    #[error("no decoder for {0:?} is there: install its plugin package")]
    Decoder(streamly_media::VideoFormat),
    /// The encoder of sound says something else than was promised to the players.
    #[error("the encoder of sound gives another kind of AAC than was asked for")]
    SoundKind,
    /// GStreamer itself does not start.
    #[error("GStreamer does not start")]
    Init(#[source] gstreamer::glib::Error),
    /// An element other than an encoder is not installed.
    #[error("GStreamer element {0} is not there: install its plugin package")]
    Element(&'static str),
    /// No encoder of the job could be set up.
    #[error("encoder cannot be used")]
    Encoder {
        /// Those tried.
        tried: Vec<String>,
        /// What the last one said.
        #[source]
        error: crate::encoders::Error,
    },
    /// Elements do not fit together.
    #[error("pipeline cannot be linked")]
    Link(#[from] gstreamer::glib::BoolError),
    /// The pipeline refuses to play.
    #[error("pipeline does not start")]
    State(#[from] gstreamer::StateChangeError),
    /// An error on the bus.
    #[error("{element}: {said}")]
    Bus {
        /// Which element.
        element: String,
        /// Its words.
        said: String,
        /// The encoder, if it is one's.
        encoder: Option<String>,
    },
    /// The pipeline takes no more input.
    #[error("pipeline stopped taking input")]
    Flow(#[source] gstreamer::FlowError),
    /// A keyframe became no picture.
    #[error("nothing came of the keyframe")]
    NoPicture,
    /// It is larger than a still is made of.
    #[error("the picture is of {0}x{1} pixels, more than a still is made of")]
    Huge(u32, u32),
    /// A test encode gave nothing.
    #[error("encoder gave no output for ten frames")]
    Nothing,
}

impl Fault {
    /// Encoders at fault.
    fn encoders(&self) -> Vec<String> {
        match self {
            Fault::Encoder { tried, .. } => tried.clone(),
            Fault::Bus { encoder, .. } => encoder.iter().cloned().collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(target_os = "linux")]
fn die_with_parent() {
    // An error leaves the end of stdin as the sign of a dead parent.
    let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent() {}
