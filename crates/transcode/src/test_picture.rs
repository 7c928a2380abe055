//! A publisher of a test picture: moving ball, clock and tone over RTMP, as any encoder would send it. For the demo channel and tests.
//!
//! A process of its own, as all of GStreamer's work. The address carries the stream key, so it comes by stdin, where (unlike arguments
//! or environment) nobody else reads it; the end of stdin ends the publisher.

use gstreamer as gst;
use gstreamer::prelude::*;
use std::io::BufRead;
use std::process::ExitCode;

/// 1280x720 at 30 fps, 2.5 Mbit/s, a keyframe every 2 s; AAC 128 kbit/s at 48 kHz with a tick each second.
const PIPELINE: &str = "\
    videotestsrc is-live=true pattern=ball motion=wavy flip=false background-color=0xff1b2a4a foreground-color=0xffffb454 ! \
    video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! \
    clockoverlay halignment=center valignment=center shaded-background=false time-format=%H:%M:%S font-desc=\"Sans,56\" ! \
    timeoverlay halignment=left valignment=bottom font-desc=\"Sans,20\" ! \
    x264enc tune=zerolatency speed-preset=superfast bitrate=2500 key-int-max=60 bframes=0 option-string=scenecut=0 ! \
    video/x-h264,profile=main ! h264parse ! queue max-size-time=2000000000 ! mux. \
    audiotestsrc is-live=true wave=ticks freq=440 volume=0.4 ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! \
    avenc_aac bitrate=128000 ! aacparse ! queue max-size-time=2000000000 ! mux. \
    flvmux name=mux streamable=true ! rtmp2sink name=out";

/// Publishes to the address on the first line of stdin until stdin ends (exit 0) or the publish fails (exit 1, reason on stderr).
pub fn main() -> ExitCode {
    let mut location = String::new();
    let mut stdin = std::io::stdin().lock();
    if stdin.read_line(&mut location).is_err() || location.trim().is_empty() {
        eprintln!("an rtmp:// address is needed on stdin");
        return ExitCode::from(64);
    }
    drop(stdin);
    match publish(location.trim()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{}", reason.replace(location.trim(), "rtmp://***"));
            ExitCode::FAILURE
        }
    }
}

fn publish(location: &str) -> Result<(), String> {
    gst::init().map_err(|e| e.to_string())?;
    let pipeline = gst::parse::launch(PIPELINE).map_err(|e| e.to_string())?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| "not a pipeline".to_owned())?;
    let out = pipeline.by_name("out").ok_or("the pipeline has no sink")?;
    out.set_property("location", location);
    let bus = pipeline.bus().ok_or("the pipeline has no bus")?;
    let ending = pipeline.downgrade();
    std::thread::spawn(move || {
        // The parent holds stdin open for as long as it wants the picture.
        for line in std::io::stdin().lock().lines() {
            if line.is_err() {
                break;
            }
        }
        if let Some(pipeline) = ending.upgrade() {
            pipeline.send_event(gst::event::Eos::new());
        }
    });
    pipeline.set_state(gst::State::Playing).map_err(|e| e.to_string())?;
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let outcome = match bus.timed_pop_filtered(gst::ClockTime::NONE, &ends) {
        None => Err("the bus ended".to_owned()),
        Some(message) => match message.view() {
            gst::MessageView::Error(e) => Err(format!("{} ({})", e.error(), e.debug().unwrap_or_default())),
            _ => Ok(()),
        },
    };
    let _ = pipeline.set_state(gst::State::Null);
    outcome
}
