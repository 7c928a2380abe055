//! One job from the first message to the end: three threads around the pipeline.
//!
//! A reader takes messages from stdin into the pipeline, a writer puts what comes out on stdout, and the main thread watches the bus.
//! stdout is taken away from everything else first, since drivers print to it. When stdin ends without `End` the parent is dead
//! and the worker exits at once.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use gstreamer as gst;
use streamly_media::{AccessUnit, Kind};

use super::Fault;
use super::pipeline::{Feed, Pipeline};
use super::rung::Stalls;
use crate::transcoder::Order;
use crate::wire::{Decoder, Message};

/// Encoded pictures waiting for stdout: a few of each rung.
const MESSAGES_MAX: usize = 64;

/// How often the main thread looks whether the reader gave up, while the bus is quiet.
const LOOK_EVERY: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;

pub(super) fn run() -> Result<(), Fault> {
    let output = take_stdout()?;
    let (out, messages) = sync_channel(MESSAGES_MAX);
    let writer = thread::spawn(move || write(output, &messages));
    let ended = transcode(&out);
    if let Err(fault) = &ended {
        // An error means the parent reads no more.
        let (encoders, reason) = (fault.encoders().join(","), super::in_one_line(fault));
        let _ = out.send(Message::Failed { encoders, reason });
    }
    let _ = out.send(Message::End);
    let _ = writer.join();
    ended
}

fn transcode(out: &SyncSender<Message>) -> Result<(), Fault> {
    let mut input = Input::default();
    let order = match input.next()? {
        Some(Message::Job(json)) => serde_json::from_slice::<Order>(&json).map_err(Fault::Job)?,
        _ => return Err(Fault::NoJob),
    };
    let job = &order.job;
    if job.rungs.is_empty() || job.fps.den == 0 {
        return Err(Fault::NoJob);
    }
    gst::init().map_err(Fault::Init)?;
    let pipeline = Pipeline::build(&order, out)?;
    let ended = run_to_end(&pipeline, input, out);
    match &ended {
        Ok(()) => pipeline.stop(),
        // After a fault it is left to the end of the process, not dropped while it runs: a broken element may never stop.
        Err(_) => std::mem::forget(pipeline),
    }
    ended
}

fn run_to_end(pipeline: &Pipeline, input: Input, out: &SyncSender<Message>) -> Result<(), Fault> {
    pipeline.play()?;
    let started = serde_json::to_vec(&pipeline.started()).map(Bytes::from).map_err(Fault::Job)?;
    // An error means the parent reads no more; the end of stdin tells so too.
    let _ = out.send(Message::Started(started));
    let (faults, reader_faults) = sync_channel(1);
    let feed = pipeline.feed();
    thread::spawn(move || {
        if let Err(fault) = read(input, &feed) {
            let _ = faults.send(fault);
        }
    });
    watch(pipeline, &reader_faults, out)
}

/// Ends at the end of the stream or with the first fault.
fn watch(
    pipeline: &Pipeline,
    reader_faults: &Receiver<Fault>,
    out: &SyncSender<Message>,
) -> Result<(), Fault> {
    let Some(bus) = pipeline.bus() else { return Ok(()) };
    let mut stalls = Stalls::new(pipeline.running(), Instant::now());
    let wanted = [gst::MessageType::Error, gst::MessageType::Eos, gst::MessageType::Warning];
    loop {
        let message = bus.timed_pop_filtered(LOOK_EVERY, &wanted);
        match message.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Eos(_)) => return Ok(()),
            Some(gst::MessageView::Error(error)) => return Err(pipeline.fault(error)),
            Some(gst::MessageView::Warning(warning)) => eprintln!("{}", warning.error()),
            _ => {}
        }
        for rung in stalls.new_ones(Instant::now()) {
            // A full channel: the parent reads nothing, and that is its own doing.
            let _ = out.try_send(Message::Stalled { rung });
        }
        if let Ok(fault) = reader_faults.try_recv() {
            return Err(fault);
        }
    }
}

fn read(mut input: Input, feed: &Feed) -> Result<(), Fault> {
    loop {
        match input.next()? {
            Some(Message::AccessUnit { dts, pts, keyframe, data, .. }) => {
                feed.push(AccessUnit { kind: Kind::Video, dts, pts, keyframe, data })?;
            }
            Some(Message::Sound { dts, data }) => feed.sound(dts, data)?,
            Some(Message::Boundary { pts }) => feed.boundary(pts),
            Some(Message::Shed { rungs }) => feed.shed(rungs),
            Some(Message::End) => {
                feed.end();
                return Ok(());
            }
            Some(_) => return Err(Fault::NoJob),
            // The parent is dead: nobody is left to drain for.
            None => std::process::exit(0),
        }
    }
}

/// Messages from stdin.
#[derive(Default)]
pub(super) struct Input {
    decoder: Decoder,
    buffer: BytesMut,
}

impl Input {
    pub(super) fn next(&mut self) -> Result<Option<Message>, Fault> {
        let mut stdin = std::io::stdin().lock();
        let mut chunk = [0; READ_BYTES];
        loop {
            if let Some(message) = self.decoder.next(&mut self.buffer)? {
                return Ok(Some(message));
            }
            match stdin.read(&mut chunk) {
                Ok(0) => return Ok(None),
                Ok(length) => self.buffer.extend_from_slice(&chunk[..length]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::Pipe(error)),
            }
        }
    }
}

/// A copy of stdout; stdout itself becomes stderr, so that no library's print breaks the protocol.
pub(super) fn take_stdout() -> Result<File, Fault> {
    let copy = std::io::stdout().as_fd().try_clone_to_owned().map_err(Fault::Pipe)?;
    nix::unistd::dup2_stdout(std::io::stderr()).map_err(|errno| Fault::Pipe(errno.into()))?;
    Ok(File::from(copy))
}

fn write(mut output: File, messages: &Receiver<Message>) {
    let mut buffer = BytesMut::new();
    if Message::HELLO.encode(&mut buffer).is_err() || output.write_all(&buffer).is_err() {
        return;
    }
    for message in messages {
        if message == Message::End {
            return;
        }
        buffer.clear();
        if let Err(error) = message.encode(&mut buffer) {
            eprintln!("{error}");
            continue;
        }
        if output.write_all(&buffer).is_err() {
            return;
        }
    }
}
