//! What a worker owes, look by look.

use std::time::Duration;

use super::super::silence::{Look, Silence, Verdict};
use super::progress::{Owed, Progress, REORDER_MAX};
use super::watch::WATCH_EVERY;

const PATIENCE: Duration = Duration::from_secs(3);

fn started() -> Progress {
    Progress { started: true, rungs: vec![Owed::default()], ..Progress::default() }
}

/// The verdict of each look of so many.
fn looks(progress: &mut Progress, silence: &mut Silence, count: u32) -> Vec<Verdict> {
    let look = |progress: &mut Progress| progress.silent(WATCH_EVERY).expect("to be judged");
    (0..count).map(|_| silence.judge(look(progress), || Some(Look::default()))).collect()
}

#[test]
fn a_pause_of_the_broadcaster_and_a_burst_after_it_make_no_worker_hang() {
    let (mut progress, mut silence) = (started(), Silence::new(PATIENCE));
    // Twenty went in, the decoder holds the last two back; then nothing for 5 s.
    progress.rungs[0].pictures = 2;
    assert!(looks(&mut progress, &mut silence, 20).iter().all(|verdict| *verdict == Verdict::Well));
    progress.rungs[0].pictures += 30;
    assert_eq!(looks(&mut progress, &mut silence, 1), [Verdict::Well], "the burst is young");
    let (patience, hung) = (11, Verdict::Hung { starved: false });
    let rest = looks(&mut progress, &mut silence, patience);
    assert!(rest[..10].iter().all(|verdict| *verdict == Verdict::Well), "{rest:?}");
    assert_eq!(rest[10], hung, "from the burst on it had its time");
}

#[test]
fn input_that_flows_without_output_is_counted_from_the_first_picture_above_what_a_decoder_holds() {
    let (mut progress, mut silence) = (started(), Silence::new(PATIENCE));
    progress.rungs[0].pictures = REORDER_MAX + 1;
    let all = looks(&mut progress, &mut silence, 12);
    assert_eq!(all[11], Verdict::Hung { starved: false });
    progress.caller_waits = true;
    assert_eq!(progress.silent(WATCH_EVERY), None, "who does not read cannot complain");
}
