//! What this node's machine has and does: processors and memory as Linux tells them (proc(5)), encoders as they are known.
//!
//! In a container it is the host's: what else runs there takes from the same. Elsewhere than on Linux nothing is known of load and memory.

use parking_lot::Mutex;
use std::{
    fs,
    time::{Duration, Instant},
};

/// Load is of at least so long; in between it is as it was.
const SPAN: Duration = Duration::from_millis(900);

/// Load and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// Of the whole machine, as the load is; 0: not known.
    pub(crate) cores: u32,
    /// Of all cores, in thousandths.
    pub(crate) busy_permille: u32,
    /// 0: not known.
    pub(crate) memory_bytes: u64,
    pub(crate) memory_available_bytes: u64,
}

/// Looks at the machine.
#[derive(Debug, Default)]
pub(crate) struct Machine(Mutex<Option<Looked>>);

#[derive(Debug)]
struct Looked {
    at: Instant,
    ticks: Ticks,
    load: Load,
}

/// Time of all processors since the start, in the kernel's ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    all: u64,
    idle: u64,
}

impl Machine {
    /// How it is now; the load since the look before.
    pub(crate) fn load(&self) -> Load {
        let mut looked = self.0.lock();
        if let Some(looked) = looked.as_ref().filter(|looked| looked.at.elapsed() < SPAN) {
            return looked.load;
        }
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let stat = read("/proc/stat");
        let Some(ticks) = ticks(&stat) else { return Load::default() };
        let memory = read("/proc/meminfo");
        let load = Load {
            cores: cores(&stat),
            busy_permille: looked.as_ref().map_or(0, |before| busy(before.ticks, ticks)),
            memory_bytes: bytes(&memory, "MemTotal:"),
            memory_available_bytes: bytes(&memory, "MemAvailable:"),
        };
        *looked = Some(Looked { at: Instant::now(), ticks, load });
        load
    }
}

/// The first line of `/proc/stat`: user nice system idle iowait irq softirq steal. The guests' are in the first two already.
fn ticks(stat: &str) -> Option<Ticks> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let times: Vec<u64> = line.split_whitespace().take(8).map_while(|n| n.parse().ok()).collect();
    (times.len() >= 5).then(|| Ticks { all: times.iter().sum(), idle: times[3] + times[4] })
}

/// Lines `cpu0`, `cpu1` and on.
fn cores(stat: &str) -> u32 {
    let is_core = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    u32::try_from(stat.lines().filter(is_core).count()).unwrap_or(u32::MAX)
}

fn busy(before: Ticks, now: Ticks) -> u32 {
    let all = now.all.saturating_sub(before.all);
    let idle = now.idle.saturating_sub(before.idle).min(all);
    // No time passed, or the clock went back: nothing is known.
    ((all - idle) * 1000).checked_div(all).and_then(|busy| u32::try_from(busy).ok()).unwrap_or_default()
}

fn bytes(meminfo: &str, name: &str) -> u64 {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_is_what_was_not_idle_between_two_looks() {
        let at = |line: &str| ticks(line).unwrap_or_else(|| panic!("{line}"));
        let before = at("cpu  100 0 100 700 100 0 0 0 50 50\ncpu0 1 2 3 4");
        let now = at("cpu  200 0 150 1300 150 50 50 0 90 50\n");
        assert_eq!((before.all, before.idle), (1000, 800));
        assert_eq!(busy(before, now), 277, "250 of 900");
        assert_eq!(busy(now, now), 0);
        assert_eq!(busy(now, before), 0, "a clock that goes back");
        assert_eq!(cores("cpu  1 2\ncpu0 1 2\ncpu1 1 2\nintr 5\ncpufreq 1\n"), 2);
        assert_eq!(ticks("intr 5"), None);
        assert_eq!(ticks("cpu  1 2"), None);
    }

    #[test]
    fn memory_is_in_bytes_and_what_is_not_said_is_not_known() {
        let text = "MemTotal:       24689520 kB\nMemFree:  1 kB\nMemAvailable:   20000000 kB\n";
        assert_eq!(bytes(text, "MemTotal:"), 24_689_520 * 1024);
        assert_eq!(bytes(text, "MemAvailable:"), 20_000_000 * 1024);
        assert_eq!(bytes(text, "Swap:"), 0);
    }

    #[test]
    fn this_machine_has_memory() {
        let load = Machine::default().load();
        assert!(load.memory_bytes >= load.memory_available_bytes);
        assert_eq!(load.memory_bytes > 0, cfg!(target_os = "linux"));
    }
}
