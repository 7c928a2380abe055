//! All SQL of the service. Functions take a connection or a transaction; whoever calls decides what is atomic. Every change of a
//! channel's state runs in a transaction that holds the channel's row lock, so that facts about one channel have one order.

pub mod broadcasts;
pub mod browsers;
pub mod categories;
pub mod channels;
pub mod deliveries;
pub mod departure;
pub mod directory;
pub mod export;
pub mod follows;
pub mod history;
pub mod keys;
pub mod markers;
pub mod members;
pub mod notices;
pub mod outbox;
pub mod permit;
pub mod pictures;
pub mod piped;
pub mod profile;
pub mod refusals;
pub mod retention;
pub mod schedule;
pub mod sessions;
pub mod watching;
pub mod webhooks;

mod embedded {
    #![allow(missing_docs)]
    refinery::embed_migrations!("migrations");
}

pub use embedded::migrations::runner;
use tokio_postgres::Row;

/// Rows that are decoded without a pause.
const AT_A_TIME: usize = 256;

/// Rows as what they stand for. Of many it takes some milliseconds, in which others get their turns.
pub(crate) async fn decoded<T>(rows: &[Row], decode: impl Fn(&Row) -> T) -> Vec<T> {
    let mut all = Vec::with_capacity(rows.len());
    for some in rows.chunks(AT_A_TIME) {
        all.extend(some.iter().map(&decode));
        tokio::task::yield_now().await;
    }
    all
}
