//! The directory: channels by viewers, in pages.

use crate::{
    error::Error,
    store::{broadcasts, broadcasts::Broadcast, channels, channels::Channel},
    visibility,
};
use deadpool_postgres::GenericClient;
use std::collections::HashMap;
use streamly_domain::ChannelId;
use tokio_postgres::Row;
use uuid::Uuid;

/// What to list.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Query<'a> {
    pub live: bool,
    pub q: Option<&'a str>,
    pub category: Option<&'a str>,
    /// The last item of the page before: its viewers and channel.
    pub after: Option<(i64, Uuid)>,
    pub limit: i64,
}

/// A page: channels with their open broadcasts, most watched first.
pub async fn page(
    db: &impl GenericClient,
    query: &Query<'_>,
) -> Result<Vec<(Channel, Option<Broadcast>)>, Error> {
    let sql = format!(
        "SELECT {}, b.id AS open_id FROM channels c LEFT JOIN broadcasts b ON b.channel_id = c.id AND b.ended_at IS NULL \
         WHERE {} AND (NOT $1 OR b.state IN ('live', 'reconnecting')) \
         AND ($2::text IS NULL OR c.username ILIKE $2 OR c.display_name ILIKE $2 OR c.title ILIKE $2 OR c.category ILIKE $2) \
         AND ($3::text IS NULL OR lower(c.category) = lower($3)) \
         AND ($4::bigint IS NULL OR (coalesce(b.viewers, 0), c.id) < ($4, $5::uuid)) \
         ORDER BY coalesce(b.viewers, 0) DESC, c.id DESC LIMIT $6",
        channels::COLUMNS,
        visibility::visible_to()
    );
    let like =
        query.q.map(|q| format!("%{}%", q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")));
    let (viewers, id) = query.after.unzip();
    let rows = db.query(&sql, &[&query.live, &like, &query.category, &viewers, &id, &query.limit]).await?;
    let mut open = open_of(db, &rows).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let channel = Channel::from_row(row);
            let broadcast = open.remove(&channel.id);
            (channel, broadcast)
        })
        .collect())
}

/// The broadcasts that the column `open_id` of the rows names, by channel; without those that have ended meanwhile.
pub async fn open_of(db: &impl GenericClient, rows: &[Row]) -> Result<HashMap<ChannelId, Broadcast>, Error> {
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.get("open_id")).collect();
    let open = broadcasts::by_ids(db, &ids).await?;
    Ok(open.into_iter().filter(|b| b.ended_how.is_none()).map(|b| (b.channel.id, b)).collect())
}
