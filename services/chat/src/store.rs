//! SQL of the service, a module for each kind of thing. Nothing else writes SQL. Functions take a connection or a transaction where
//! the caller decides what is atomic, else the database; values are always parameters.

pub mod audit;
pub mod bans;
pub mod blocks;
pub mod bots;
pub mod chatters;
pub mod departures;
pub mod emotes;
pub mod export;
pub mod holds;
pub mod images;
pub mod pins;
pub mod polls;
pub mod record;
pub mod reports;
pub mod settings;
pub mod terms;
pub mod unban_requests;

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// The migrations, in order.
pub fn runner() -> refinery::Runner {
    migrations::migrations::runner()
}

/// Of all transactions that lock `id` of the table `what`, one goes on at a time; the lock ends with the transaction.
async fn lock(
    transaction: &impl streamly_postgres::GenericClient,
    what: &str,
    id: uuid::Uuid,
) -> Result<(), streamly_postgres::Error> {
    let name = format!("chat:{what}:{id}");
    transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &[&name]).await?;
    Ok(())
}
