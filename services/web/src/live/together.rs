//! Requests of one worker that wait for the same thing wait together: one of them does what it takes, and is woken from elsewhere; it wakes
//! the others, on their own thread.
//!
//! What origins answer comes from another thread. A waker that is called from there costs a lock and perhaps a write to the kernel, and each
//! request that waits by itself looks at the clock, too, whether its broadcast has moved. So of five hundred that are held one does all that.
//! If its client leaves, the next one goes on with it. A plain machine of one thread; nothing is kept here once it has come (`origin` does that).

use futures_util::future::LocalBoxFuture;
use std::{
    cell::RefCell,
    collections::HashMap,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll, Waker},
};

/// What is waited for, by name.
pub(crate) struct Together<T> {
    awaited: RefCell<HashMap<Rc<str>, Weak<Awaited<T>>>>,
}

impl<T> Default for Together<T> {
    fn default() -> Self {
        Self { awaited: RefCell::default() }
    }
}

/// One of it. It lasts as long as somebody waits.
struct Awaited<T> {
    name: Rc<str>,
    state: RefCell<State<T>>,
}

struct State<T> {
    /// None: it is being polled, or it is over.
    future: Option<LocalBoxFuture<'static, T>>,
    outcome: Option<T>,
    /// The place of who polls it; none: whoever comes next.
    first: Option<usize>,
    /// By place; the first one has none here.
    wakers: Vec<Option<Waker>>,
    /// Places that somebody left.
    free: Vec<usize>,
}

/// One who waits. Comes to `None` if the future panicked, wherever that was.
pub(crate) struct Waiting<'t, T> {
    together: &'t Together<T>,
    awaited: Rc<Awaited<T>>,
    place: Option<usize>,
}

impl<T> Together<T> {
    /// Waits for what goes by this name: with those who do already, or for a new one.
    pub(crate) fn wait(
        &self,
        name: &str,
        begin: impl FnOnce() -> LocalBoxFuture<'static, T>,
    ) -> Waiting<'_, T> {
        let there = self.awaited.borrow().get(name).and_then(Weak::upgrade);
        let awaited = there.unwrap_or_else(|| {
            let (name, future) = (Rc::<str>::from(name), Some(begin()));
            let state = State { future, outcome: None, first: None, wakers: Vec::new(), free: Vec::new() };
            let awaited = Rc::new(Awaited { name: name.clone(), state: RefCell::new(state) });
            self.awaited.borrow_mut().insert(name, Rc::downgrade(&awaited));
            awaited
        });
        Waiting { together: self, awaited, place: None }
    }

    /// Whether anybody waits for it.
    pub(crate) fn are_there(&self, name: &str) -> bool {
        self.awaited.borrow().contains_key(name)
    }

    /// Who comes from now on waits for another one of this name.
    fn forget(&self, awaited: &Rc<Awaited<T>>) {
        let mut all = self.awaited.borrow_mut();
        if all.get(&awaited.name).is_some_and(|there| Weak::as_ptr(there) == Rc::as_ptr(awaited)) {
            all.remove(&awaited.name);
        }
    }
}

impl<T> State<T> {
    fn take_place(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.wakers.push(None);
            self.wakers.len() - 1
        })
    }

    /// Somebody goes; whom to wake, so that one of the others polls it.
    fn leave(&mut self, place: usize) -> Option<Waker> {
        // Over: nobody has a place.
        *self.wakers.get_mut(place)? = None;
        self.free.push(place);
        // Also if there is none: who was woken for that may be the one who goes.
        if self.first.is_some_and(|first| first != place) {
            return None;
        }
        self.first = None;
        self.wakers.iter_mut().find_map(Option::take)
    }
}

impl<T: Clone> Future for Waiting<'_, T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        let mut state = this.awaited.state.borrow_mut();
        if let Some(outcome) = &state.outcome {
            return Poll::Ready(Some(outcome.clone()));
        }
        let place = *this.place.get_or_insert_with(|| state.take_place());
        if *state.first.get_or_insert(place) != place {
            match &mut state.wakers[place] {
                Some(waker) => waker.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        state.wakers[place] = None;
        let Some(mut future) = state.future.take() else { return Poll::Ready(None) };
        drop(state);
        let polled = future.as_mut().poll(cx);
        let mut state = this.awaited.state.borrow_mut();
        let Poll::Ready(outcome) = polled else {
            state.future = Some(future);
            return Poll::Pending;
        };
        state.outcome = Some(outcome.clone());
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        this.together.forget(&this.awaited);
        wakers.into_iter().flatten().for_each(Waker::wake);
        Poll::Ready(Some(outcome))
    }
}

impl<T> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        if Rc::strong_count(&self.awaited) == 1 {
            return self.together.forget(&self.awaited);
        }
        let next = self.place.and_then(|place| self.awaited.state.borrow_mut().leave(place));
        if let Some(next) = next {
            next.wake();
        }
    }
}

#[cfg(test)]
mod tests;
