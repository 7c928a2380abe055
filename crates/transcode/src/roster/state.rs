//! The roster as a plain value: time is an argument.

use std::time::{Duration, Instant};

use super::Proof;
use crate::encoders;

/// Channels whose faults are remembered of one encoder; two already put it aside.
const STRIKES_MAX: usize = 16;

/// So many channels must fail with an encoder of the processor, or a suspected one, before it is put aside for all.
const STRIKES_FOR_ALL: usize = 2;

#[derive(Debug)]
struct Strike {
    encoder: String,
    channels: Vec<String>,
    /// One fault was surely its own, and it is a device's.
    is_sure: bool,
    /// From then on it may be probed.
    until: Instant,
}

#[derive(Debug)]
pub(super) struct State {
    encoders: Vec<String>,
    rest: Duration,
    strikes: Vec<Strike>,
}

impl State {
    pub(super) fn new(encoders: Vec<String>, rest: Duration) -> Self {
        Self { encoders, rest, strikes: Vec::new() }
    }

    pub(super) fn replace(&mut self, encoders: Vec<String>) {
        self.strikes.retain(|strike| encoders.contains(&strike.encoder));
        self.encoders = encoders;
    }

    pub(super) fn has_any(&self) -> bool {
        !self.encoders.is_empty()
    }

    pub(super) fn usable(&self, channel: Option<&str>) -> Vec<String> {
        let is_aside = |encoder: &str| {
            self.strikes.iter().any(|strike| {
                strike.encoder == encoder
                    && (strike.holds_for_all() || channel.is_some_and(|channel| strike.is_of(channel)))
            })
        };
        self.encoders.iter().filter(|encoder| !is_aside(encoder)).cloned().collect()
    }

    pub(super) fn demoted(&self) -> Vec<String> {
        let for_all = self.strikes.iter().filter(|strike| strike.holds_for_all());
        for_all.map(|strike| strike.encoder.clone()).collect()
    }

    /// Says whether this put it aside for all.
    pub(super) fn fault(&mut self, encoder: &str, channel: &str, proof: Proof, now: Instant) -> bool {
        if !self.encoders.iter().any(|known| known == encoder) {
            return false;
        }
        let until = now + self.rest;
        let found = self.strikes.iter().position(|strike| strike.encoder == encoder);
        let at = found.unwrap_or_else(|| {
            self.strikes.push(Strike {
                encoder: encoder.to_owned(),
                channels: Vec::new(),
                is_sure: false,
                until,
            });
            self.strikes.len() - 1
        });
        let strike = &mut self.strikes[at];
        let before = strike.holds_for_all();
        strike.until = until;
        // On the device the decoder reads what a stranger sends, as on the processor.
        let reads_strangers = encoder.ends_with(encoders::ON_DEVICE);
        strike.is_sure |= proof == Proof::Own && encoders::is_hardware(encoder) && !reads_strangers;
        if !strike.is_of(channel) && strike.channels.len() < STRIKES_MAX {
            strike.channels.push(channel.to_owned());
        }
        !before && strike.holds_for_all()
    }

    pub(super) fn due(&self, now: Instant) -> Option<String> {
        self.strikes.iter().find(|strike| strike.until <= now).map(|strike| strike.encoder.clone())
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.strikes.iter().map(|strike| strike.until).min()
    }

    pub(super) fn probed(&mut self, encoder: &str, works: bool, now: Instant) {
        if works {
            self.strikes.retain(|strike| strike.encoder != encoder);
        } else if let Some(strike) = self.strikes.iter_mut().find(|strike| strike.encoder == encoder) {
            strike.until = now + self.rest;
        }
    }
}

impl Strike {
    fn holds_for_all(&self) -> bool {
        self.is_sure || self.channels.len() >= STRIKES_FOR_ALL
    }

    fn is_of(&self, channel: &str) -> bool {
        self.channels.iter().any(|known| known == channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(300);
    const ONE: &str = "one";
    const TWO: &str = "two";

    fn state() -> State {
        State::new(["nvh264enc", "x264enc"].map(str::to_owned).to_vec(), REST)
    }

    #[test]
    fn a_fault_of_a_device_puts_it_aside_for_all_until_a_probe_after_its_time_is_passed() {
        let (mut state, now) = (state(), Instant::now());
        assert!(state.fault("nvh264enc", ONE, Proof::Own, now));
        assert!(!state.fault("nvh264enc", TWO, Proof::Own, now), "told once");
        assert_eq!(state.usable(Some(TWO)), ["x264enc"]);
        assert_eq!(
            (state.usable(None), state.demoted()),
            (vec!["x264enc".to_owned()], vec!["nvh264enc".to_owned()])
        );
        assert_eq!(state.due(now + REST - Duration::from_secs(1)), None);
        assert_eq!(state.due(now + REST).as_deref(), Some("nvh264enc"));
        assert_eq!(state.usable(None), ["x264enc"], "time alone does not bring it back");
        state.probed("nvh264enc", false, now + REST);
        assert_eq!(state.next_due(), Some(now + REST + REST));
        state.probed("nvh264enc", true, now + REST + REST);
        assert_eq!((state.usable(None).len(), state.next_due()), (2, None));
    }

    #[test]
    fn one_broadcast_alone_cannot_take_the_processors_encoder_from_the_others() {
        let (mut state, now) = (state(), Instant::now());
        for _ in 0..10 {
            assert!(!state.fault("x264enc", ONE, Proof::Own, now));
        }
        assert_eq!(state.usable(Some(ONE)), ["nvh264enc"]);
        assert_eq!(state.usable(Some(TWO)), ["nvh264enc", "x264enc"]);
        assert!(state.demoted().is_empty());
        assert!(state.fault("x264enc", TWO, Proof::Own, now), "two of them show that it is the encoder");
        assert_eq!(state.usable(None), ["nvh264enc"]);
    }

    #[test]
    fn a_crash_takes_a_devices_encoder_from_the_others_only_after_a_second_channels() {
        let (mut state, now) = (state(), Instant::now());
        for _ in 0..10 {
            assert!(
                !state.fault("nvh264enc", ONE, Proof::Suspicion, now),
                "one that comes back again and again"
            );
        }
        assert_eq!(state.usable(Some(ONE)), ["x264enc"]);
        assert_eq!(state.usable(Some(TWO)), ["nvh264enc", "x264enc"]);
        assert!(state.fault("nvh264enc", TWO, Proof::Suspicion, now));
        assert_eq!(state.usable(None), ["x264enc"]);
        state.probed("nvh264enc", true, now);
        assert!(
            !state.fault("nvh264enc", ONE, Proof::Suspicion, now),
            "a probe that is passed wipes it all out"
        );
        assert!(state.fault("nvh264enc", ONE, Proof::Own, now), "its own word is enough");
    }

    #[test]
    fn a_stream_that_a_devices_decoder_refuses_costs_the_others_nothing() {
        let mut state = State::new(["vah264enc@device", "vah264enc"].map(str::to_owned).to_vec(), REST);
        let now = Instant::now();
        assert!(!state.fault("vah264enc@device", ONE, Proof::Own, now));
        assert_eq!(state.usable(Some(ONE)), ["vah264enc"]);
        assert_eq!(state.usable(Some(TWO)).len(), 2);
        assert!(state.fault("vah264enc", ONE, Proof::Own, now));
    }

    #[test]
    fn faults_of_unknown_encoders_and_of_many_broadcasts_take_no_memory() {
        let (mut state, now) = (state(), Instant::now());
        for job in 0..1000 {
            state.fault("x264enc", &format!("{job}"), Proof::Own, now);
            state.fault(&format!("other{job}"), ONE, Proof::Own, now);
        }
        assert_eq!(state.strikes.len(), 1);
        assert_eq!(state.strikes[0].channels.len(), STRIKES_MAX);
    }

    #[test]
    fn a_new_list_keeps_what_is_put_aside_and_forgets_what_it_lacks() {
        let (mut state, now) = (state(), Instant::now());
        state.fault("nvh264enc", ONE, Proof::Own, now);
        state.replace(["nvh264enc", "openh264enc"].map(str::to_owned).to_vec());
        assert_eq!(state.usable(None), ["openh264enc"]);
        state.replace(vec!["x264enc".to_owned()]);
        assert_eq!(state.next_due(), None);
    }
}
