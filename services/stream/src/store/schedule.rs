//! Entries of schedules, and when they are next.

use crate::{
    error::Error,
    schedule::{Occurrence, Planned},
};
use streamly_domain::ChannelId;
use streamly_postgres::GenericClient;
use time::{Duration, OffsetDateTime};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

/// Occurrences of one answer.
const MOST: i64 = 200;

/// The time zone of a channel's schedule, and its entries in their order.
pub async fn find(db: &impl GenericClient, channel: ChannelId) -> Result<(String, Vec<Planned>), Error> {
    let row = db.query_opt("SELECT time_zone FROM channels WHERE id = $1", &[&channel.0]).await?;
    let zone = row.map_or_else(|| "UTC".to_owned(), |row| row.get(0));
    let sql = "SELECT title, category, starts_at, minutes, weekly FROM schedule_entries WHERE channel_id = $1 ORDER BY starts_at, id";
    let rows = db.query(sql, &[&channel.0]).await?;
    let planned = |row: &tokio_postgres::Row| Planned {
        title: row.get("title"),
        category: row.get("category"),
        starts_at: row.get("starts_at"),
        minutes: row.get("minutes"),
        weekly: row.get("weekly"),
    };
    Ok((zone, rows.iter().map(planned).collect()))
}

/// Whether the database knows a time zone.
pub async fn is_zone(db: &impl GenericClient, zone: &str) -> Result<bool, Error> {
    match db.query_one("SELECT now() AT TIME ZONE $1::text", &[&zone]).await {
        Ok(_) => Ok(true),
        Err(e) if e.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// Puts a new schedule in the place of the old one, in the caller's transaction. Entries that stay as they were keep their ids.
pub async fn replace(
    db: &impl GenericClient,
    channel: ChannelId,
    zone: &str,
    entries: &[Planned],
) -> Result<(), Error> {
    db.execute("UPDATE channels SET time_zone = $2 WHERE id = $1", &[&channel.0, &zone]).await?;
    let sql = "DELETE FROM schedule_entries WHERE channel_id = $1 \
               RETURNING id, title, category, starts_at, minutes, weekly";
    let old = db.query(sql, &[&channel.0]).await?;
    let mut old: Vec<_> = old
        .iter()
        .map(|row| {
            let planned = Planned {
                title: row.get("title"),
                category: row.get("category"),
                starts_at: row.get("starts_at"),
                minutes: row.get("minutes"),
                weekly: row.get("weekly"),
            };
            (row.get::<_, Uuid>("id"), planned)
        })
        .collect();
    let sql = "INSERT INTO schedule_entries (id, channel_id, title, category, starts_at, minutes, weekly) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    for e in entries {
        let same = old.iter().position(|(_, planned)| planned == e).map(|n| old.swap_remove(n).0);
        let id = same.unwrap_or_else(Uuid::now_v7);
        db.execute(sql, &[&id, &channel.0, &e.title, &e.category, &e.starts_at, &e.minutes, &e.weekly])
            .await?;
    }
    Ok(())
}

/// What is planned from now on, for as long as `horizon`, the next first.
pub async fn upcoming(
    db: &impl GenericClient,
    channel: ChannelId,
    horizon: Duration,
) -> Result<Vec<Occurrence>, Error> {
    // On the zone's clocks a week is a week, whatever summer time does.
    let sql = "SELECT e.id, e.title, e.category, e.minutes, e.weekly, o.at FROM schedule_entries e JOIN channels c ON c.id = e.channel_id \
               CROSS JOIN LATERAL (SELECT greatest(0, floor(extract(epoch FROM (now() AT TIME ZONE c.time_zone) - interval '1 day' - e.starts_at) \
               / 604800))::int AS first) f \
               CROSS JOIN LATERAL generate_series(CASE WHEN e.weekly THEN f.first ELSE 0 END, CASE WHEN e.weekly THEN f.first + $4 ELSE 0 END) n \
               CROSS JOIN LATERAL (SELECT (e.starts_at + make_interval(weeks => n)) AT TIME ZONE c.time_zone AS at) o \
               WHERE e.channel_id = $1 AND o.at + make_interval(mins => e.minutes) > now() AND o.at < now() + make_interval(secs => $2) \
               ORDER BY o.at, e.id LIMIT $3";
    let weeks = i32::try_from(horizon.whole_weeks() + 3).unwrap_or(i32::MAX);
    let rows = db.query(sql, &[&channel.0, &horizon.as_seconds_f64(), &MOST, &weeks]).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let starts_at: OffsetDateTime = row.get("at");
            Occurrence {
                id: row.get("id"),
                title: row.get("title"),
                category: row.get("category"),
                starts_at,
                ends_at: starts_at + Duration::minutes(row.get::<_, i32>("minutes").into()),
                weekly: row.get("weekly"),
            }
        })
        .collect())
}
