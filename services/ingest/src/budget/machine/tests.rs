use super::*;
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

/// A node whose workers cost `factors` times the estimate.
struct Node {
    machine: Machine,
    now: Instant,
    /// Per broadcast: true factor, what is shed, since when it is live.
    live: Vec<(f64, Vec<bool>, Option<Lag>)>,
    changes: Vec<(Instant, Change)>,
}

fn cost() -> Cost {
    let rungs = [(1280, 720, 30.0), (852, 480, 30.0), (640, 360, 30.0)];
    Cost::estimate((1920, 1080, 30.0), rungs.into_iter())
}

impl Node {
    fn new(capacity: f64) -> Self {
        Self { machine: Machine::new(capacity), now: Instant::now(), live: Vec::new(), changes: Vec::new() }
    }

    fn begins(&mut self, factor: f64) -> Vec<bool> {
        let shed = self.machine.admit(&self.live.len().to_string(), cost(), self.now);
        self.live.push((factor, shed.clone(), None));
        shed
    }

    fn really_used(&self) -> f64 {
        self.live.iter().map(|(factor, shed, _)| factor * made(&cost(), shed)).sum()
    }

    fn second(&mut self) {
        self.now += SECOND;
        for (id, (factor, shed, lag)) in self.live.iter_mut().enumerate() {
            if let Some(lag) = lag {
                lag.newest += 90_000;
            }
            let cores = *factor * made(&cost(), shed);
            let load = Load { cores, restarts: 0, overruns: 0, is_starved: false, lag: *lag };
            self.machine.observe(&id.to_string(), load, self.now);
        }
        for change in self.machine.decide(self.now) {
            let broadcast: usize = change.broadcast.parse().unwrap();
            assert_ne!(self.live[broadcast].1[change.rung], change.is_shed, "a change changes something");
            self.live[broadcast].1[change.rung] = change.is_shed;
            self.changes.push((self.now, change));
        }
    }

    fn run(&mut self, seconds: u32) {
        (0..seconds).for_each(|_| self.second());
    }
}

/// Cores of what is not shed, by the estimate.
fn made(cost: &Cost, shed: &[bool]) -> f64 {
    let running: f64 = cost.rungs.iter().zip(shed).filter(|(_, shed)| !**shed).map(|(cost, _)| cost).sum();
    if running > 0.0 { cost.base + running } else { 0.0 }
}

#[test]
fn a_new_broadcast_gets_all_rungs_then_only_the_small_ones_then_none() {
    let all = made(&cost(), &[false; 3]);
    let mut node = Node::new(all * 1.7);
    assert_eq!(node.begins(1.0), [false, false, false]);
    assert_eq!(node.begins(1.0), [true, false, false]);
    assert_eq!(node.begins(1.0), [true, true, true]);
}

#[test]
fn above_the_budget_the_costliest_rung_goes_first_and_no_more_than_needed() {
    let all = made(&cost(), &[false; 3]);
    let mut node = Node::new(all * 1.2);
    node.begins(1.0);
    node.run(20);
    assert!(node.changes.is_empty());
    // The scene gets harder.
    node.live[0].0 = 1.4;
    node.run(20);
    assert_eq!(node.live[0].1, [true, false, false]);
    assert_eq!(node.changes.len(), 1);
    assert_eq!(node.changes[0].1.why, "budget");
}

#[test]
fn estimates_that_were_wrong_are_set_right_by_what_is_measured() {
    let all = made(&cost(), &[false; 3]);
    // Hardware: a tenth of the estimate. Ten ladders fit where the estimate allows one.
    let mut node = Node::new(all * 1.1);
    for _ in 0..8 {
        node.begins(0.1);
        node.run(60);
    }
    assert!(node.live.iter().all(|(_, shed, _)| shed.iter().all(|shed| !shed)), "{:?}", node.live);
}

#[test]
fn what_was_shed_comes_back_when_another_broadcast_has_ended() {
    let all = made(&cost(), &[false; 3]);
    let mut node = Node::new(all * 1.2);
    node.begins(1.0);
    node.begins(1.0);
    node.run(20);
    assert!(node.live[1].1.contains(&true));
    node.machine.retain(|id| id != "0", node.now);
    node.live[0].0 = 0.0;
    node.run(120);
    assert_eq!(node.live[1].1, [false; 3]);
    assert!(node.changes.iter().all(|(_, change)| !change.is_shed && change.why == "room"));
}

#[test]
fn a_worker_that_falls_behind_sheds_its_own_costliest_rung_whatever_the_budget_says() {
    let mut node = Node::new(100.0);
    node.begins(1.0);
    node.begins(1.0);
    node.run(10);
    node.live[1].2 = Some(Lag { behind: Duration::from_secs(2), newest: 0 });
    node.run(5);
    assert_eq!((&node.live[0].1[..], &node.live[1].1[..]), (&[false; 3][..], &[true, false, false][..]));
    // Behind no more: it is given back, but not at once.
    node.live[1].2 = None;
    node.run(25);
    assert_eq!(node.changes.len(), 1);
    node.run(60);
    assert_eq!(node.live[1].1, [false; 3]);
}

#[test]
fn a_rung_that_gets_no_pictures_at_all_is_not_slow() {
    let mut machine = Machine::new(100.0);
    let mut now = Instant::now();
    machine.admit("a", cost(), now);
    for second in 0..30 {
        now += SECOND;
        let lag = Some(Lag { behind: Duration::from_secs(second), newest: 7 });
        machine.observe("a", Load { cores: 0.5, restarts: 0, overruns: 0, is_starved: false, lag }, now);
        assert!(machine.decide(now).is_empty());
    }
}

#[test]
fn a_rung_that_comes_back_in_vain_waits_longer_each_time() {
    let mut node = Node::new(100.0);
    node.begins(1.0);
    node.run(10);
    let mut waits = Vec::new();
    for _ in 0..4 {
        node.live[0].2 = Some(Lag { behind: Duration::from_secs(2), newest: 0 });
        while !node.live[0].1[0] {
            node.second();
        }
        let shed = node.now;
        node.live[0].2 = None;
        while node.live[0].1[0] {
            node.second();
        }
        waits.push(node.now.duration_since(shed).as_secs());
    }
    assert!(waits.windows(2).all(|pair| pair[1] >= pair[0] * 3 / 2), "{waits:?}");
}

proptest! {
    // Each case is more than an hour of a node.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_budget_is_not_exceeded_for_long_and_nothing_flaps(
        capacity in 0.2f64..8.0,
        factors in proptest::collection::vec(0.1f64..4.0, 1..12),
        apart in 1u32..40,
    ) {
        let mut node = Node::new(capacity);
        let mut over = 0;
        let mut watch = |node: &mut Node, seconds: u32| {
            for _ in 0..seconds {
                node.second();
                over = if node.really_used() > capacity * 1.001 { over + 1 } else { 0 };
                assert!(over <= 20, "over the budget for {over} s: {} of {capacity}", node.really_used());
            }
        };
        for factor in factors {
            node.begins(factor);
            watch(&mut node, apart);
        }
        watch(&mut node, 1800);
        let settled = node.now;
        watch(&mut node, 1800);
        let late = node.changes.iter().filter(|(at, _)| *at > settled).count();
        prop_assert!(late <= node.live.len(), "{late} changes in half an hour of {} broadcasts", node.live.len());
        let is_calm = |pair: &[(Instant, Change)]| {
            let [(first, a), (second, b)] = pair else { return true };
            (a.broadcast != b.broadcast || a.rung != b.rung) || second.duration_since(*first) >= SETTLE
        };
        prop_assert!(node.changes.windows(2).all(is_calm));
    }

    #[test]
    fn measurements_of_any_kind_never_panic(
        loads in proptest::collection::vec((any::<f64>(), any::<u64>(), any::<u64>(), any::<bool>(), any::<u32>(), any::<i64>()), 0..60),
        capacity in any::<f64>(),
    ) {
        let mut machine = Machine::new(capacity);
        let mut now = Instant::now();
        machine.admit("a", cost(), now);
        machine.admit("b", Cost::estimate((0, 0, f64::NAN), std::iter::empty()), now);
        for (cores, restarts, overruns, is_starved, behind, newest) in loads {
            now += SECOND;
            let lag = Some(Lag { behind: Duration::from_millis(u64::from(behind)), newest });
            machine.observe("a", Load { cores, restarts, overruns, is_starved, lag }, now);
            machine.decide(now);
        }
    }
}
