//! Whose fault the end of a worker was: the encoder's, or not.
//!
//! An encoder is blamed on its own word, or when it took pictures and gave none. A crash tells nothing of who broke the memory: a device's
//! encoder is suspected, since its driver is the likeliest, but no more than that, as the decoder beside it reads what a stranger
//! sends; one of the processor is not even that. A killed or stopped worker is nobody's fault, nor is one that got no processor.

use super::super::RestartReason;
use crate::encoders;
use crate::roster::Proof;

/// What is known of the encoder when a worker ends.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// The one in use, or the first it was to try.
    pub(super) encoder: Option<String>,
    /// The worker said that it gave nothing.
    pub(super) stalled: bool,
}

/// The encoders to put aside, and on what ground.
pub(super) fn blamed(fault: &RestartReason, suspects: &Suspects) -> (Vec<String>, Proof) {
    let encoder = suspects.encoder.iter().cloned();
    let proof = match fault {
        RestartReason::Exited { .. } | RestartReason::StartTimedOut(_) => Proof::Suspicion,
        _ => Proof::Own,
    };
    (encoders_of(fault, suspects.stalled, encoder), proof)
}

fn encoders_of(fault: &RestartReason, stalled: bool, encoder: impl Iterator<Item = String>) -> Vec<String> {
    match fault {
        RestartReason::Reported { encoders, .. } => encoders.clone(),
        RestartReason::Silent { starved: false, .. } if stalled => encoder.collect(),
        RestartReason::Exited { crashed: true, .. } | RestartReason::StartTimedOut(_) => {
            encoder.filter(|encoder| encoders::is_hardware(encoder)).collect()
        }
        RestartReason::Silent { .. }
        | RestartReason::Exited { .. }
        | RestartReason::Protocol(_)
        | RestartReason::Job(_)
        | RestartReason::Memory { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn crash(crashed: bool) -> RestartReason {
        RestartReason::Exited { status: String::new(), last_words: String::new(), crashed }
    }

    fn suspects(encoder: &str, stalled: bool) -> Suspects {
        Suspects { encoder: Some(encoder.to_owned()), stalled }
    }

    #[test]
    fn a_crash_makes_a_devices_encoder_suspect_but_not_the_processors() {
        for fault in [crash(true), RestartReason::StartTimedOut(Duration::from_secs(10))] {
            let suspected = (vec!["nvh264enc".to_owned()], Proof::Suspicion);
            assert_eq!(blamed(&fault, &suspects("nvh264enc", false)), suspected);
            assert!(blamed(&fault, &suspects("x264enc", false)).0.is_empty());
        }
        assert!(blamed(&crash(false), &suspects("nvh264enc", false)).0.is_empty(), "killed from outside");
    }

    #[test]
    fn silence_is_the_encoders_only_if_the_worker_saw_it_take_pictures_and_give_none() {
        let silent = |starved| RestartReason::Silent { limit: Duration::from_secs(3), starved };
        let own = (vec!["x264enc".to_owned()], Proof::Own);
        assert_eq!(blamed(&silent(false), &suspects("x264enc", true)), own);
        let of_nobody =
            |starved, stalled| blamed(&silent(starved), &suspects("nvh264enc", stalled)).0.is_empty();
        assert!(of_nobody(false, false), "a stopped process says nothing");
        assert!(of_nobody(true, true), "without the processor no encoder gives what it took");
    }
}
