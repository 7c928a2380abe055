//! The one door to GStreamer: the rendition ladder, the encoder choice and the transcoder of a broadcast.
//!
//! It is not the packager (`cmaf`) and it never sees the source rendition: that goes from `rtmp` to the packager without it, as
//! does AAC sound; of other sound the rungs get AAC ([`sound`]). GStreamer is C and drives vendor drivers, so nothing of it runs in the caller's process: [`Transcoder`] starts
//! one worker process per broadcast (any binary that calls [`worker::main`]) and speaks [`wire`] with it over pipes.
//! A worker that crashes, hangs or eats memory is killed and started again; the caller sees an [`Event`] and never waits.
//!
//! Order of use: [`probe::run`] once at boot → [`ladder::plan`] per broadcast → [`Transcoder::spawn`] → [`Input::push`],
//! [`Input::boundary`] and [`Events::recv`]. Stills of the live picture are made beside all that, by a worker of their own ([`stills`]).

pub mod decoders;
pub mod encoders;
pub mod ladder;
pub mod probe;
pub mod roster;
pub mod sound;
pub mod stills;
pub mod test_picture;
mod transcoder;
pub mod wire;
pub mod worker;

pub use ladder::{FrameRate, Profile, Rung, SourceFormat};
pub use roster::Roster;
pub use transcoder::{
    Config, Event, Events, Failure, Input, Job, Limits, Meter, Pushed, RestartReason, RungStarted, SoundJob,
    SpawnError, Transcoder, Usage, WorkerCommand,
};
