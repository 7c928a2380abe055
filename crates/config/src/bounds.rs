//! Lengths of time that have to be within bounds: what is wrong with those that are not, alike for all services.

use crate::value::Duration;
use std::ops::RangeInclusive;

/// The keys of those that are not within their bounds, each with what it may be.
pub fn out_of_bounds<const N: usize>(
    times: [(&'static str, Duration, RangeInclusive<Duration>); N],
) -> Vec<(&'static str, String)> {
    let wrong = times.into_iter().filter(|(_, time, bounds)| !bounds.contains(time));
    let human = |time: &Duration| humantime::format_duration(time.get()).to_string();
    let told = |bounds: RangeInclusive<Duration>| {
        format!("is not {} to {}", human(bounds.start()), human(bounds.end()))
    };
    wrong.map(|(key, _, bounds)| (key, told(bounds))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_its_bounds_is_told_with_them() {
        let bounds = Duration::from_secs(1)..=Duration::from_secs(90);
        let wrong = out_of_bounds([
            ("least", Duration::from_secs(1), bounds.clone()),
            ("most", Duration::from_secs(90), bounds.clone()),
            ("none", Duration::from_secs(0), bounds.clone()),
            ("more", Duration::from_millis(90_001), bounds),
        ]);
        assert_eq!(wrong, ["none", "more"].map(|key| (key, "is not 1s to 1m 30s".to_owned())));
    }
}
