//! Which encoders work on this machine, by real encodes.

use std::time::Duration;

use streamly_transcode::probe::{self, TIMEOUT, Verdict};
use streamly_transcode::{WorkerCommand, encoders};

use crate::source::worker;

#[tokio::test]
async fn x264_works_here_and_every_other_candidate_says_why_it_does_not() {
    let registry = tempfile::tempdir().unwrap();
    let fresh = WorkerCommand { registry: Some(registry.path().join("registry.bin")), ..worker() };
    let report = probe::run(&fresh, &[], 3 * TIMEOUT).await;
    assert!(registry.path().join("registry.bin").exists(), "the probe fills the registry it was given");
    assert!(report.probed.len() >= encoders::names().count());
    assert!(report.usable().contains(&"x264enc".to_owned()), "{report:?}");
    for probed in &report.probed {
        println!("{probed}");
        match &probed.verdict {
            Verdict::Usable { bytes } => assert!(*bytes > 100),
            Verdict::Refused { said } => assert!(said.contains("is not there") || said.len() > 5, "{said}"),
            Verdict::TimedOut(limit) => panic!("{} within {limit:?}", probed.encoder),
        }
    }
}

#[tokio::test]
async fn a_candidate_that_hangs_is_killed_and_said_to_have_hung() {
    let sleeper = WorkerCommand {
        program: "/bin/sh".into(),
        args: ["-c", "exec sleep 600"].map(Into::into).to_vec(),
        registry: None,
    };
    let limit = Duration::from_millis(200);
    let report = probe::run(&sleeper, &["x264enc".to_owned()], limit).await;
    assert_eq!(report.probed[0].verdict, Verdict::TimedOut(limit));
    assert!(report.usable().is_empty());
}

#[tokio::test]
async fn a_worker_program_that_is_not_there_is_what_each_candidate_says() {
    let missing = WorkerCommand { program: "/nonexistent/streamly".into(), args: Vec::new(), registry: None };
    let report = probe::run(&missing, &["x264enc".to_owned(), "nvh264enc".to_owned()], TIMEOUT).await;
    for probed in &report.probed {
        let Verdict::Refused { said } = &probed.verdict else { panic!("{probed:?}") };
        assert!(said.contains("/nonexistent/streamly"), "{said}");
    }
}

#[tokio::test]
async fn an_encoder_outside_the_table_is_refused_by_name() {
    let report = probe::run(&worker(), &["fakesink".to_owned()], 3 * TIMEOUT).await;
    let Verdict::Refused { said } = &report.probed[0].verdict else { panic!("{report:?}") };
    assert!(said.contains("fakesink"), "{said}");
}
