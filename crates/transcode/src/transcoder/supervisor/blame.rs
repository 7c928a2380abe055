//! Whose fault the end of a worker was: the encoder's, or not.
//!
//! An encoder is blamed on its own word, or when it took pictures and gave none. A crash tells nothing of who broke the memory: a device's
//! encoder is suspected, since its driver is the likeliest, but one of the processor is not, as the decoder beside it
//! reads what a stranger sends. A killed or stopped worker is nobody's fault.

use super::super::RestartReason;
use crate::encoders;

/// What is known of the encoder when a worker ends.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// The one in use, or the first it was to try.
    pub(super) encoder: Option<String>,
    /// The worker said that it gave nothing.
    pub(super) stalled: bool,
}

/// The encoders to put aside.
pub(super) fn blamed(fault: &RestartReason, suspects: &Suspects) -> Vec<String> {
    let encoder = suspects.encoder.iter().cloned();
    match fault {
        RestartReason::Reported { encoders, .. } => encoders.clone(),
        RestartReason::Silent(_) if suspects.stalled => encoder.collect(),
        RestartReason::Exited { crashed: true, .. } | RestartReason::StartTimedOut(_) => {
            encoder.filter(|encoder| encoders::is_hardware(encoder)).collect()
        }
        RestartReason::Silent(_)
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
    fn a_crash_puts_a_devices_encoder_aside_but_not_the_processors() {
        assert_eq!(blamed(&crash(true), &suspects("nvh264enc", false)), ["nvh264enc"]);
        assert!(blamed(&crash(true), &suspects("x264enc", false)).is_empty());
        assert!(blamed(&crash(false), &suspects("nvh264enc", false)).is_empty(), "killed from outside");
    }

    #[test]
    fn silence_is_the_encoders_only_if_the_worker_saw_it_take_pictures_and_give_none() {
        let silent = RestartReason::Silent(Duration::from_secs(3));
        assert_eq!(blamed(&silent, &suspects("x264enc", true)), ["x264enc"]);
        assert!(blamed(&silent, &suspects("nvh264enc", false)).is_empty(), "a stopped process says nothing");
    }
}
