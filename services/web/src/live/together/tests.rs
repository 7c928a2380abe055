//! Who of those who wait is woken, and that nobody is forgotten, whoever leaves.

use super::*;
use futures_util::FutureExt;
use proptest::prelude::*;
use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::Wake,
};
use tokio::sync::oneshot;

/// One waiter's task, as far as it can be woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Bell {
    fn rung(&self) -> usize {
        self.0.load(Relaxed)
    }

    /// Whether it rang since this was asked.
    fn rang(&self) -> bool {
        self.0.swap(0, Relaxed) > 0
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn poll<T: Clone>(waiting: &mut Waiting<'_, T>, bell: &Arc<Bell>) -> Poll<Option<T>> {
    let waker = Waker::from(bell.clone());
    Pin::new(waiting).poll(&mut Context::from_waker(&waker))
}

fn rung<const N: usize>(bells: &[Arc<Bell>; N]) -> [usize; N] {
    bells.each_ref().map(|bell| bell.rung())
}

/// What is told comes to them.
fn heard(told: oneshot::Receiver<u32>) -> LocalBoxFuture<'static, u32> {
    async move { told.await.unwrap() }.boxed_local()
}

async fn defect() -> u32 {
    panic!("a defect")
}

#[test]
fn one_is_woken_from_elsewhere_and_the_others_by_it() {
    let (together, begun) = (Together::default(), Cell::new(0));
    let (tell, told) = oneshot::channel();
    let told = Cell::new(Some(told));
    let wait = || {
        together.wait("a", || {
            begun.set(begun.get() + 1);
            heard(told.take().unwrap())
        })
    };
    let bells: [Arc<Bell>; 5] = Default::default();
    let mut all: Vec<_> = bells.iter().map(|_| wait()).collect();
    for (waiting, bell) in all.iter_mut().zip(&bells) {
        assert_eq!(poll(waiting, bell), Poll::Pending);
    }
    assert!(together.are_there("a") && !together.are_there("b"));
    tell.send(7).unwrap();
    assert_eq!(rung(&bells), [1, 0, 0, 0, 0]);
    assert_eq!(poll(&mut all[0], &bells[0]), Poll::Ready(Some(7)));
    assert_eq!(rung(&bells), [1; 5]);
    assert!(!together.are_there("a"), "it has come");
    // Whoever comes now is too late for these.
    let (tell, anew) = oneshot::channel();
    told.set(Some(anew));
    let mut late = wait();
    assert_eq!(poll(&mut late, &bells[0]), Poll::Pending);
    for (waiting, bell) in all.iter_mut().zip(&bells).skip(1) {
        assert_eq!(poll(waiting, bell), Poll::Ready(Some(7)));
    }
    drop(all);
    assert_eq!((begun.get(), together.awaited.borrow().len()), (2, 1), "the later one goes on");
    tell.send(8).unwrap();
    assert_eq!(poll(&mut late, &bells[0]), Poll::Ready(Some(8)));
    assert!(together.awaited.borrow().is_empty());
}

#[test]
fn other_names_are_other_futures() {
    let together = Together::default();
    let [one, other] = [1, 2].map(|n| std::future::ready(n).boxed_local());
    let (mut one, mut other) = (together.wait("a", || one), together.wait("b", || other));
    let bell = Arc::default();
    assert_eq!(poll(&mut other, &bell), Poll::Ready(Some(2)));
    assert_eq!(poll(&mut one, &bell), Poll::Ready(Some(1)));
}

#[test]
fn if_the_first_leaves_the_next_goes_on_also_if_the_one_who_was_woken_for_it_leaves() {
    let together = Together::default();
    let (tell, told) = oneshot::channel();
    let told = Cell::new(Some(told));
    let bells: [Arc<Bell>; 4] = Default::default();
    let mut all: Vec<_> =
        bells.iter().map(|_| Some(together.wait("a", || heard(told.take().unwrap())))).collect();
    for (waiting, bell) in all.iter_mut().flatten().zip(&bells) {
        assert_eq!(poll(waiting, bell), Poll::Pending);
    }
    all[0] = None;
    assert_eq!(rung(&bells), [0, 1, 0, 0]);
    all[1] = None;
    assert_eq!(rung(&bells), [0, 1, 1, 0]);
    let mut left: Vec<_> = all.into_iter().flatten().collect();
    assert_eq!(poll(&mut left[0], &bells[2]), Poll::Pending);
    tell.send(7).unwrap();
    assert_eq!(rung(&bells), [0, 1, 2, 0]);
    assert_eq!(poll(&mut left[0], &bells[2]), Poll::Ready(Some(7)));
    assert_eq!(rung(&bells), [0, 1, 2, 1]);
    assert_eq!(poll(&mut left[1], &bells[3]), Poll::Ready(Some(7)));
}

#[test]
fn when_the_last_leaves_it_is_given_up() {
    let together = Together::<u32>::default();
    let alive = Rc::new(());
    let held = alive.clone();
    let future = async move {
        let _held = held;
        std::future::pending().await
    };
    let mut one = together.wait("a", || future.boxed_local());
    let other = together.wait("a", || unreachable!("it is there"));
    let bell = Arc::default();
    assert_eq!(poll(&mut one, &bell), Poll::Pending);
    drop(one);
    assert_eq!((Rc::strong_count(&alive), together.awaited.borrow().len()), (2, 1));
    drop(other);
    assert_eq!((Rc::strong_count(&alive), together.awaited.borrow().len()), (1, 0));
}

#[test]
fn a_panic_is_one_clients_and_the_others_hear_that_nothing_comes() {
    let together = Together::default();
    let bells: [Arc<Bell>; 3] = Default::default();
    let mut all: Vec<_> = bells.iter().map(|_| together.wait("a", || defect().boxed_local())).collect();
    let mut first = all.remove(0);
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut first, &bells[0]))).is_err());
    for (waiting, bell) in all.iter_mut().zip(&bells[1..]) {
        assert_eq!(poll(waiting, bell), Poll::Pending, "the first one has not gone yet");
    }
    drop(first);
    for (mut waiting, bell) in all.into_iter().zip(&bells[1..]) {
        assert_eq!(bell.rung(), 1);
        assert_eq!(poll(&mut waiting, bell), Poll::Ready(None));
    }
    assert!(together.awaited.borrow().is_empty());
}

proptest! {
    #[test]
    fn whoever_comes_and_goes_all_who_stay_are_told(steps in prop::collection::vec((0usize..6, any::<bool>()), 0..60)) {
        let together = Together::default();
        let (tell, told) = oneshot::channel();
        let told = heard(told).shared();
        let mut seats: [Option<(Waiting<'_, u32>, Arc<Bell>)>; 6] = Default::default();
        for (seat, is_leaving) in steps {
            let seat = &mut seats[seat];
            match seat {
                Some(_) if is_leaving => *seat = None,
                // A task is polled when it was woken, and not before.
                Some((waiting, bell)) if bell.rang() => prop_assert_eq!(poll(waiting, bell), Poll::Pending),
                Some(_) => {}
                None => {
                    let mut waiting = together.wait("a", || told.clone().boxed_local());
                    let bell = Arc::default();
                    prop_assert_eq!(poll(&mut waiting, &bell), Poll::Pending);
                    *seat = Some((waiting, bell));
                }
            }
        }
        tell.send(7).unwrap();
        let mut is_quiet = false;
        while !is_quiet {
            is_quiet = true;
            for seat in &mut seats {
                let Some((waiting, bell)) = seat else { continue };
                if bell.rang() {
                    is_quiet = false;
                    let polled = poll(waiting, bell);
                    if polled.is_ready() {
                        prop_assert_eq!(polled, Poll::Ready(Some(7)));
                        *seat = None;
                    }
                }
            }
        }
        prop_assert!(seats.iter().all(Option::is_none));
    }
}
