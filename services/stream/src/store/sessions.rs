//! Sessions: one publisher connection each, found again by the attempt that made it.

use crate::error::Error;
use std::time::Duration;
use streamly_domain::{BroadcastId, KeyId, SessionId};
use streamly_postgres::{GenericClient, Statement};
use uuid::Uuid;

/// A session as it was permitted.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Session {
    pub id: SessionId,
    pub broadcast: BroadcastId,
    pub key: KeyId,
    pub attempt: Uuid,
    pub epoch: u64,
    pub node_id: String,
    pub remote_addr: String,
    pub encoder: String,
    pub first_msn: u64,
    pub msn_reserved: u64,
    pub takeover: bool,
    pub resumed: bool,
    pub hand_over: Option<HandOver>,
}

/// Where the window of a broadcast is fetched that comes from a draining node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// gRPC of that node; never empty.
    pub url: String,
    /// Its last epoch.
    pub epoch: u64,
}

/// The statement of [`by_attempt`].
pub(super) const BY_ATTEMPT: &str = "SELECT * FROM sessions WHERE attempt_id = $1";
/// The statement of [`insert`].
pub(super) const INSERT: &str = "INSERT INTO sessions (id, broadcast_id, key_id, attempt_id, epoch, node_id, remote_addr, encoder, first_msn, \
     msn_reserved, takeover, resumed, hand_over_url, hand_over_epoch) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// The session that an attempt made.
pub async fn by_attempt(db: &impl GenericClient, attempt: Uuid) -> Result<Option<Session>, Error> {
    let statement = db.prepare_cached(BY_ATTEMPT).await?;
    Ok(db.query_opt(&statement, &[&attempt]).await?.map(|row| {
        let unsigned = |name: &str| row.get::<_, i64>(name).max(0).unsigned_abs();
        Session {
            id: SessionId(row.get("id")),
            broadcast: BroadcastId(row.get("broadcast_id")),
            key: KeyId(row.get("key_id")),
            attempt,
            epoch: unsigned("epoch"),
            node_id: row.get("node_id"),
            remote_addr: row.get("remote_addr"),
            encoder: row.get("encoder"),
            first_msn: unsigned("first_msn"),
            msn_reserved: unsigned("msn_reserved"),
            takeover: row.get("takeover"),
            resumed: row.get("resumed"),
            hand_over: Some(row.get::<_, String>("hand_over_url"))
                .filter(|url| !url.is_empty())
                .map(|url| HandOver { url, epoch: unsigned("hand_over_epoch") }),
        }
    }))
}

/// The statement of [`insert`].
pub async fn inserting(db: &impl GenericClient) -> Result<Statement, Error> {
    Ok(db.prepare_cached(INSERT).await?)
}

/// Adds one.
pub async fn insert(db: &impl GenericClient, inserting: &Statement, s: &Session) -> Result<(), Error> {
    let (epoch, first, reserved) =
        (s.epoch.cast_signed(), s.first_msn.cast_signed(), s.msn_reserved.cast_signed());
    let (url, of) = s.hand_over.as_ref().map_or(("", 0), |old| (old.url.as_str(), old.epoch.cast_signed()));
    db.execute(
        inserting,
        &[
            &s.id.0,
            &s.broadcast.0,
            &s.key.0,
            &s.attempt,
            &epoch,
            &s.node_id,
            &s.remote_addr,
            &s.encoder,
            &first,
            &reserved,
            &s.takeover,
            &s.resumed,
            &url,
            &of,
        ],
    )
    .await?;
    Ok(())
}

/// Ends the sessions of a broadcast that still run, because a new one takes over.
pub async fn supersede(db: &impl GenericClient, broadcast: BroadcastId) -> Result<(), Error> {
    let sql = "UPDATE sessions SET ended_at = now(), ended_how = 'superseded' WHERE broadcast_id = $1 AND ended_at IS NULL";
    db.execute(sql, &[&broadcast.0]).await?;
    Ok(())
}

/// Newest sessions of a broadcast among which take-overs are counted.
const RECENT: i64 = 100;

/// Take-overs of a broadcast within the window, among its [`RECENT`] newest sessions, and the address of its present publisher.
pub async fn takeovers(
    db: &impl GenericClient,
    broadcast: BroadcastId,
    window: Duration,
) -> Result<(u64, String), Error> {
    let sql = "SELECT count(*) FILTER (WHERE takeover AND started_at > now() - make_interval(secs => $2)), \
               coalesce((array_agg(remote_addr ORDER BY epoch DESC))[1], '') FROM \
               (SELECT * FROM sessions WHERE broadcast_id = $1 ORDER BY epoch DESC LIMIT $3) AS recent";
    let row = db.query_one(sql, &[&broadcast.0, &window.as_secs_f64(), &RECENT]).await?;
    Ok((row.get::<_, i64>(0).max(0).unsigned_abs(), row.get(1)))
}
