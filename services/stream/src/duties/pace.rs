//! How often a duty over all that is live comes round: as often as it should, and of many thousand broadcasts less often, so that the duties
//! leave the service to those who ask it something.

use futures_util::future::try_join_all;
use std::{future::Future, time::Duration};
use streamly_redis::AT_ONCE;

/// A round is followed by a rest of so many times what it took.
const REST: u32 = 9;
/// How long to rest after a round that took so long. `every`: from the begin of one to the next, if it took little. `most`: the longest rest.
pub(super) fn rest(took: Duration, every: Duration, most: Duration) -> Duration {
    every.saturating_sub(took).max((took * REST).min(most))
}

/// Answers about each of them, in their order, [`AT_ONCE`] asked for together. Errors: the first one; nothing more is asked then.
pub(super) async fn ask_all<'a, B, T, E, F: Future<Output = Result<T, E>>>(
    all: &'a [B],
    mut ask: impl FnMut(&'a B) -> F,
) -> Result<Vec<T>, E> {
    let mut answers = Vec::with_capacity(all.len());
    for some in all.chunks(AT_ONCE) {
        answers.extend(try_join_all(some.iter().map(&mut ask)).await?);
        tokio::task::yield_now().await;
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const EVERY: Duration = Duration::from_millis(1_000);
    const MOST: Duration = Duration::from_millis(5_000);

    #[test]
    fn a_quick_round_comes_when_it_should_and_a_slow_one_leaves_nine_tenths() {
        let of = |ms| rest(Duration::from_millis(ms), EVERY, MOST).as_millis();
        assert_eq!((of(0), of(20), of(100), of(300), of(5_000)), (1_000, 980, 900, 2_700, 5_000));
    }

    #[tokio::test]
    async fn answers_come_in_order_and_after_an_error_nothing_more_is_asked() {
        let all: Vec<usize> = (0..1_000).collect();
        let same = ask_all(&all, |n| async move { Ok::<_, ()>(*n) }).await;
        assert_eq!(same.as_ref(), Ok(&all));
        let asked = Cell::new(0);
        let failed = ask_all(&all, |n| {
            asked.set(asked.get() + 1);
            async move { if *n == 3 { Err(*n) } else { Ok(()) } }
        });
        assert_eq!((failed.await, asked.get()), (Err(3), AT_ONCE));
    }
}
