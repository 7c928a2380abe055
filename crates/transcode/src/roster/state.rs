//! The roster as a plain value: time is an argument.

use std::time::{Duration, Instant};

use super::JobId;
use crate::encoders;

/// Broadcasts whose faults are remembered of one encoder; two already put it aside.
const STRIKES_MAX: usize = 16;

/// So many broadcasts must fail with an encoder of the processor before it is put aside for all.
const STRIKES_FOR_ALL: usize = 2;

#[derive(Debug)]
struct Strike {
    encoder: String,
    jobs: Vec<JobId>,
    /// From then on it may be probed.
    until: Instant,
}

#[derive(Debug)]
pub(super) struct State {
    encoders: Vec<String>,
    rest: Duration,
    strikes: Vec<Strike>,
    jobs: u64,
}

impl State {
    pub(super) fn new(encoders: Vec<String>, rest: Duration) -> Self {
        Self { encoders, rest, strikes: Vec::new(), jobs: 0 }
    }

    pub(super) fn replace(&mut self, encoders: Vec<String>) {
        self.strikes.retain(|strike| encoders.contains(&strike.encoder));
        self.encoders = encoders;
    }

    pub(super) fn has_any(&self) -> bool {
        !self.encoders.is_empty()
    }

    pub(super) fn next_job(&mut self) -> u64 {
        self.jobs += 1;
        self.jobs
    }

    pub(super) fn usable(&self, job: Option<JobId>) -> Vec<String> {
        let is_aside = |encoder: &str| {
            self.strikes.iter().any(|strike| {
                strike.encoder == encoder
                    && (strike.holds_for_all() || job.is_some_and(|job| strike.jobs.contains(&job)))
            })
        };
        self.encoders.iter().filter(|encoder| !is_aside(encoder)).cloned().collect()
    }

    pub(super) fn demoted(&self) -> Vec<String> {
        let for_all = self.strikes.iter().filter(|strike| strike.holds_for_all());
        for_all.map(|strike| strike.encoder.clone()).collect()
    }

    /// Says whether this put it aside for all.
    pub(super) fn fault(&mut self, encoder: &str, job: JobId, now: Instant) -> bool {
        if !self.encoders.iter().any(|known| known == encoder) {
            return false;
        }
        let until = now + self.rest;
        let found = self.strikes.iter().position(|strike| strike.encoder == encoder);
        let at = found.unwrap_or_else(|| {
            self.strikes.push(Strike { encoder: encoder.to_owned(), jobs: Vec::new(), until });
            self.strikes.len() - 1
        });
        let strike = &mut self.strikes[at];
        let before = strike.holds_for_all();
        strike.until = until;
        if !strike.jobs.contains(&job) && strike.jobs.len() < STRIKES_MAX {
            strike.jobs.push(job);
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
        // On the device the decoder reads what a stranger sends, as on the processor.
        let reads_strangers = self.encoder.ends_with(encoders::ON_DEVICE);
        let is_sure = encoders::is_hardware(&self.encoder) && !reads_strangers;
        self.jobs.len() >= if is_sure { 1 } else { STRIKES_FOR_ALL }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(300);
    const ONE: JobId = JobId(1);
    const TWO: JobId = JobId(2);

    fn state() -> State {
        State::new(["nvh264enc", "x264enc"].map(str::to_owned).to_vec(), REST)
    }

    #[test]
    fn a_fault_of_a_device_puts_it_aside_for_all_until_a_probe_after_its_time_is_passed() {
        let (mut state, now) = (state(), Instant::now());
        assert!(state.fault("nvh264enc", ONE, now));
        assert!(!state.fault("nvh264enc", TWO, now), "told once");
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
            assert!(!state.fault("x264enc", ONE, now));
        }
        assert_eq!(state.usable(Some(ONE)), ["nvh264enc"]);
        assert_eq!(state.usable(Some(TWO)), ["nvh264enc", "x264enc"]);
        assert!(state.demoted().is_empty());
        assert!(state.fault("x264enc", TWO, now), "two of them show that it is the encoder");
        assert_eq!(state.usable(None), ["nvh264enc"]);
    }

    #[test]
    fn a_stream_that_a_devices_decoder_refuses_costs_the_others_nothing() {
        let mut state = State::new(["vah264enc@device", "vah264enc"].map(str::to_owned).to_vec(), REST);
        let now = Instant::now();
        assert!(!state.fault("vah264enc@device", ONE, now));
        assert_eq!(state.usable(Some(ONE)), ["vah264enc"]);
        assert_eq!(state.usable(Some(TWO)).len(), 2);
        assert!(state.fault("vah264enc", ONE, now));
    }

    #[test]
    fn faults_of_unknown_encoders_and_of_many_broadcasts_take_no_memory() {
        let (mut state, now) = (state(), Instant::now());
        for job in 0..1000 {
            state.fault("x264enc", JobId(job), now);
            state.fault(&format!("other{job}"), JobId(job), now);
        }
        assert_eq!(state.strikes.len(), 1);
        assert_eq!(state.strikes[0].jobs.len(), STRIKES_MAX);
    }

    #[test]
    fn a_new_list_keeps_what_is_put_aside_and_forgets_what_it_lacks() {
        let (mut state, now) = (state(), Instant::now());
        state.fault("nvh264enc", ONE, now);
        state.replace(["nvh264enc", "openh264enc"].map(str::to_owned).to_vec());
        assert_eq!(state.usable(None), ["openh264enc"]);
        state.replace(vec!["x264enc".to_owned()]);
        assert_eq!(state.next_due(), None);
    }
}
