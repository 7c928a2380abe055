//! How long a connection may be silent: a time that moves on with each request, and the stop.
//!
//! The timer and the stop are asked who is to be woken once, and again when one of them rang, not at each request: a timer that rings before
//! its time, which has moved on meanwhile, is set anew then. What a request pays for is a look at each.

use std::{
    future::{self, Future},
    pin::Pin,
    task::{Context, Poll, Waker},
};
use streamly_lifecycle::CancellationToken;
use tokio::{
    task::coop::unconstrained,
    time::{Instant, Sleep},
};

/// See the module's head.
pub(super) struct Patience<'c, F> {
    until: Instant,
    /// Never set to later than that.
    timer: Pin<&'c mut Sleep>,
    stop: &'c CancellationToken,
    /// Until the stop.
    stopped: Pin<&'c mut F>,
    /// Whom both wake; none: nobody.
    asked: Option<Waker>,
}

/// What ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Late,
    Stopped,
}

impl<'c, F: Future<Output = ()>> Patience<'c, F> {
    /// It is over when the timer rings or `stopped`, which is the wait for `stop`.
    pub(super) fn new(
        timer: Pin<&'c mut Sleep>,
        stop: &'c CancellationToken,
        stopped: Pin<&'c mut F>,
    ) -> Self {
        Self { until: timer.deadline(), timer, stop, stopped, asked: None }
    }

    /// It is over then, not when it would have been.
    pub(super) fn set(&mut self, until: Instant) {
        self.until = until;
        if until < self.timer.deadline() {
            self.timer.as_mut().reset(until);
        }
    }

    /// Whether it is over. `begins`: nobody was woken since it was last asked, as far as is known here. `stops`: also by the stop.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, begins: bool, stops: bool) -> Poll<Over> {
        if begins && self.will_wake(cx.waker()) {
            return Poll::Pending;
        }
        // Also if the task has had its turn: a timer that puts that off does not know whom to wake, and is not asked again if what is waited for
        // comes before it is.
        while Pin::new(&mut unconstrained(self.timer.as_mut())).poll(cx).is_ready() {
            if self.until <= Instant::now() {
                return Poll::Ready(Over::Late);
            }
            self.timer.as_mut().reset(self.until);
        }
        if self.stopped.as_mut().poll(cx).is_ready() && stops {
            return Poll::Ready(Over::Stopped);
        }
        self.asked = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Until it is too late, stop or not.
    pub(super) async fn late(&mut self) {
        future::poll_fn(|cx| self.poll(cx, false, false)).await;
    }

    /// Whether that is whom they wake, and neither of them has rung.
    fn will_wake(&self, waker: &Waker) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.will_wake(waker))
            && !self.timer.is_elapsed()
            && !self.stop.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        pin::pin,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::SeqCst},
        },
        task::Wake,
        time::Duration,
    };
    use tokio::{task::coop::consume_budget, time::sleep};

    /// Neither is over before what is done at once is done, on a machine that has much to do.
    const SHORT: Duration = Duration::from_millis(300);
    const LONGER: Duration = Duration::from_secs(2);
    const LONG: Duration = Duration::from_secs(3600);

    /// Wakes the task that polls, and counts.
    struct Bell(Waker, AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.1.fetch_add(1, SeqCst);
            self.0.wake_by_ref();
        }
    }

    /// A bell for the task that asks.
    async fn bell() -> Arc<Bell> {
        future::poll_fn(|cx| Poll::Ready(Arc::new(Bell(cx.waker().clone(), AtomicUsize::new(0))))).await
    }

    /// Until it rings.
    async fn rung(bell: &Bell) {
        future::poll_fn(|_| if bell.1.swap(0, SeqCst) > 0 { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    #[tokio::test]
    async fn a_time_that_has_moved_on_is_waited_for_and_one_that_was_drawn_near_is_kept() {
        let (stop, begun) = (CancellationToken::new(), Instant::now());
        let timer = pin!(sleep(SHORT));
        let stopped = pin!(stop.cancelled());
        let mut patience = Patience::new(timer, &stop, stopped);
        let bell = bell().await;
        let waker = Waker::from(bell.clone());
        let mut cx = Context::from_waker(&waker);
        assert_eq!(patience.poll(&mut cx, true, true), Poll::Pending);
        patience.set(begun + LONGER);
        assert_eq!(patience.poll(&mut cx, true, true), Poll::Pending);
        rung(&bell).await;
        // Also if the one who was woken comes back to wait for it only later.
        assert_eq!(patience.poll(&mut cx, true, true), Poll::Pending, "it rang before its time");
        rung(&bell).await;
        assert!(begun.elapsed() >= LONGER, "{:?}", begun.elapsed());
        assert_eq!(patience.poll(&mut cx, true, true), Poll::Ready(Over::Late));
        patience.set(Instant::now() + LONG);
        assert_eq!(patience.poll(&mut cx, true, true), Poll::Pending);
        let near = Instant::now() + SHORT;
        patience.set(near);
        assert_eq!(patience.poll(&mut cx, true, true), Poll::Pending);
        rung(&bell).await;
        assert!(Instant::now() >= near);
        assert_eq!(patience.poll(&mut cx, false, true), Poll::Ready(Over::Late));
    }

    #[tokio::test]
    async fn a_task_that_has_had_its_turn_is_woken_when_it_is_time_and_not_before() {
        let (stop, begun) = (CancellationToken::new(), Instant::now());
        let timer = pin!(sleep(SHORT));
        let stopped = pin!(stop.cancelled());
        let mut patience = Patience::new(timer, &stop, stopped);
        let bell = bell().await;
        let waker = Waker::from(bell.clone());
        let over = future::poll_fn(|cx| {
            // A turn is 128 of these (tokio::task::coop).
            for _ in 0..1000 {
                let _ = pin!(consume_budget()).poll(cx);
            }
            Poll::Ready(patience.poll(&mut Context::from_waker(&waker), true, true))
        });
        assert_eq!(over.await, Poll::Pending);
        rung(&bell).await;
        assert!(begun.elapsed() >= SHORT, "{:?}", begun.elapsed());
        assert_eq!(patience.poll(&mut Context::from_waker(&waker), true, true), Poll::Ready(Over::Late));
    }

    #[tokio::test]
    async fn a_stop_is_heard_also_where_somebody_else_was_woken_by_it() {
        let stop = CancellationToken::new();
        let timer = pin!(sleep(LONG));
        let stopped = pin!(stop.cancelled());
        let mut patience = Patience::new(timer, &stop, stopped);
        let [one, other] = [bell().await, bell().await];
        let [of_one, of_other] = [&one, &other].map(|bell| Waker::from(bell.clone()));
        for waker in [&of_one, &of_other] {
            assert_eq!(patience.poll(&mut Context::from_waker(waker), true, true), Poll::Pending);
        }
        stop.cancel();
        assert_eq!([&one, &other].map(|bell| bell.1.load(SeqCst)), [0, 1], "who asked last is woken");
        for (stops, over) in [(false, Poll::Pending), (true, Poll::Ready(Over::Stopped))] {
            for begins in [true, false] {
                assert_eq!(patience.poll(&mut Context::from_waker(&of_other), begins, stops), over);
            }
        }
    }
}
