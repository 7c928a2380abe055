//! SQL of the service, a module for each kind of thing. Nothing else writes SQL. Functions take a connection or a transaction where
//! the caller decides what is atomic, else the database; values are always parameters.

pub mod audit;
pub mod bans;
pub mod chatters;
pub mod record;
pub mod settings;

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// The migrations, in order.
pub fn runner() -> refinery::Runner {
    migrations::migrations::runner()
}
