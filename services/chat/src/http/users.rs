//! REST of the user card: what moderators want to know of a person before they act.

use super::{Rest, bans, caller::Caller, database_away, lists::acting, person_named, redis_away, shapes};
use crate::{bus::Kind, log_id::LogId, moderation, store};
use actix_web::{HttpResponse, get, web};
use serde_json::{Value, json};
use streamly_http::{ProblemBody, Result};
use time::OffsetDateTime;

/// Newest messages shown.
const MESSAGES: usize = 20;
/// Newest acts shown.
const ACTS: i64 = 20;

/// A person as the room knows them; for moderators.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/users/{user}", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"), ("user" = String, Path, description = "Id or name")),
    responses((status = 200, body = shapes::ChatCard), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/users/{user}")]
pub(super) async fn card(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Caller,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (room, user) = path.into_inner();
    // It reads the whole kept log.
    let (channel, actor) = acting(context, &room, &who).await?;
    actor.moderates()?;
    let person = person_named(context, &user).await?;
    let id = person.id;
    let db = &context.moderation.db;
    let reader = store::audit::Reader { id: actor.id, rank: actor.standing.rank() };
    let read = async {
        let counts = store::audit::counts(db, channel.id, reader, id).await?;
        let acts = store::audit::page(db, channel.id, reader, Some(id), None, ACTS).await?;
        let first = store::chatters::first_at(db, channel.id, id).await?;
        Ok((counts, acts, first, store::bans::in_force(db, channel.id, id).await?))
    };
    let (counts, acts, first, kept) = read.await.map_err(database_away)?;
    // The kept log is bounded; so is this.
    let cutoff = LogId::at(context.log.cutoff_ms());
    let log =
        context.log.newest(channel.id, cutoff, None, context.limits.keep_count).await.map_err(redis_away)?;
    let theirs: Vec<_> = log.iter().filter(|e| e.kind == Kind::Message && e.author == Some(id)).collect();
    let messages: Vec<Value> = theirs
        .iter()
        .rev()
        .take(MESSAGES)
        .filter_map(|e| serde_json::from_str(&e.encode(channel.id, false)).ok())
        .collect();
    let mut counted: serde_json::Map<String, Value> =
        counts.into_iter().map(|(action, n)| (action, n.into())).collect();
    counted.insert("messages".into(), theirs.len().into());
    let created_at_ms =
        context.directory.profile_within(id, std::time::Duration::MAX).await.map_or(0, |p| p.created_at_ms);
    let created_at = (created_at_ms > 0)
        .then(|| OffsetDateTime::from_unix_timestamp_nanos(i128::from(created_at_ms) * 1_000_000).ok())
        .flatten();
    Ok(HttpResponse::Ok().json(json!({
        "user": person,
        "roles": context.directory.standing(id, &channel).await.roles,
        "created_at": created_at.map(moderation::rfc3339),
        "first_message_at": first.map(moderation::rfc3339),
        "counts": counted,
        "sanction": bans::in_force(kept.as_ref()),
        "acts": context.moderation.view(&channel, &actor, &acts).await,
        "messages": messages,
    })))
}
