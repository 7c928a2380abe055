//! SQL of the rooms' settings: one row a room, from the first change on.

use crate::settings::Settings;
use streamly_domain::ChannelId;
use streamly_postgres::{Database, Error, GenericClient};

/// The room's settings; the default ones if nobody set any.
pub async fn read(db: &Database, room: ChannelId) -> Result<Settings, Error> {
    let connection = db.get().await?;
    let statement =
        connection.prepare_cached("SELECT settings, version FROM room_settings WHERE room_id = $1").await?;
    let row = connection.query_opt(&statement, &[&room.uuid()]).await?;
    Ok(row.map_or_else(Settings::default, |row| of(row.get(0), row.get(1))))
}

/// The same, and nobody else changes them until the transaction ends.
pub async fn lock(transaction: &impl GenericClient, room: ChannelId) -> Result<Settings, Error> {
    let make = "INSERT INTO room_settings (room_id) VALUES ($1) ON CONFLICT DO NOTHING";
    transaction.execute(make, &[&room.uuid()]).await?;
    let sql = "SELECT settings, version FROM room_settings WHERE room_id = $1 FOR UPDATE";
    let row = transaction.query_one(sql, &[&room.uuid()]).await?;
    Ok(of(row.get(0), row.get(1)))
}

/// Keeps changed settings, under the next version, which is answered.
pub async fn write(
    transaction: &impl GenericClient,
    room: ChannelId,
    settings: &Settings,
) -> Result<Settings, Error> {
    let sql = "UPDATE room_settings SET settings = $2, version = version + 1, updated_at = now() WHERE room_id = $1 \
               RETURNING version";
    let row = transaction.query_one(sql, &[&room.uuid(), &settings.stored()]).await?;
    let mut kept = settings.clone();
    kept.version = version(row.get(0));
    Ok(kept)
}

fn of(stored: serde_json::Value, kept: i64) -> Settings {
    Settings::from_stored(stored, version(kept))
}

fn version(kept: i64) -> u64 {
    u64::try_from(kept).unwrap_or_default()
}
