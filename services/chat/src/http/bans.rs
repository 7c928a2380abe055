//! REST of bans and time-outs: the list of those in force, making and lifting them. Handlers only; [`crate::moderation`] decides and does.

use super::{Rest, act, actor, caller::Caller, database_away, person_named, shapes};
use crate::{
    moderation::{self, Act, Why},
    store::bans,
};
use actix_web::{HttpResponse, delete, get, put, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use streamly_domain::UserId;
use streamly_http::{MaybeJson, Problem, ProblemBody, Result};
use streamly_status::{Code, FieldError};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Entries of one page.
const PAGE: i64 = 50;

/// A page of bans and time-outs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BanPage {
    /// Newest first.
    #[schema(value_type = Vec<shapes::ChatBan>)]
    items: Vec<Value>,
    /// `cursor` of the next page; null at the end.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cursor {
    cursor: Option<String>,
}

/// Who is banned or timed out now; for moderators.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/bans", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = BanPage), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/bans")]
pub(super) async fn list(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
    query: web::Query<Cursor>,
) -> Result<web::Json<BanPage>> {
    let context = rest.context()?;
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    let before = match &query.cursor {
        Some(text) => Some(parse_cursor(text).ok_or(Code::InvalidCursor)?),
        None => None,
    };
    let kept = bans::page(&context.moderation.db, channel.id, before, PAGE).await.map_err(database_away)?;
    let ids: Vec<UserId> = kept.iter().flat_map(|k| [k.user, k.actor]).collect();
    let people = context.directory.people(&ids).await;
    let person = |id: UserId| people.get(&id).map_or_else(|| json!({ "id": id }), |p| json!(p));
    let items = kept.iter().map(|k| {
        let mut item = crate::frame::sanction(Some(&k.sanction));
        item["reason"] = k.sanction.reason.as_str().into();
        item["user"] = person(k.user);
        item["actor"] = person(k.actor);
        item["note"] = k.note.as_str().into();
        item["at"] = moderation::rfc3339(k.at).into();
        item
    });
    let next_cursor = kept
        .last()
        .filter(|_| i64::try_from(kept.len()) == Ok(PAGE))
        .map(|k| format!("{}_{}", k.at.unix_timestamp_nanos() / 1_000, k.user));
    Ok(web::Json(BanPage { items: items.collect(), next_cursor }))
}

/// Reads `MICROSECONDS_USER`, the place of an entry in the list.
fn parse_cursor(text: &str) -> Option<(OffsetDateTime, UserId)> {
    let (us, user) = text.split_once('_')?;
    let at = OffsetDateTime::from_unix_timestamp_nanos(us.parse::<i128>().ok()?.checked_mul(1_000)?).ok()?;
    // What PostgreSQL can hold as a time.
    (at.year() > 1970 && at.year() < 9999).then_some((at, user.parse().ok()?))
}

/// A ban, or with a duration a time-out.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewBan {
    /// Seconds, 1 to 1,209,600 (14 days); left out: a ban, until it is lifted.
    duration_s: Option<f64>,
    /// For the person too, at most 500 characters.
    #[serde(default)]
    reason: String,
    /// For moderators only, at most 500 characters.
    #[serde(default)]
    note: String,
    /// Whether the person's messages go; left out: with a ban they do.
    clear: Option<bool>,
}

/// Bans a person, or times them out. Again: the new time-out counts; a ban stays as it is. A time-out for who is banned is `already_banned`.
#[utoipa::path(
    put, path = "/api/chat/rooms/{room}/bans/{user}", tag = "chat", request_body = NewBan,
    params(("room" = String, Path, description = "Channel id or user name"), ("user" = String, Path, description = "Id or name")),
    responses((status = 200, body = shapes::MadeBan), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[put("/api/chat/rooms/{room}/bans/{user}")]
pub(super) async fn put(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Caller,
    body: web::Json<NewBan>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (room, user) = path.into_inner();
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    let mut errors = Vec::new();
    for (field, text) in [("reason", &body.reason), ("note", &body.note)] {
        too_long(field, text, &mut errors);
    }
    let lasts = match body.duration_s.map(Duration::try_from_secs_f64) {
        None => None,
        Some(Ok(lasts)) if (moderation::MIN_TIMEOUT..=moderation::MAX_TIMEOUT).contains(&lasts) => {
            Some(lasts)
        }
        Some(_) => {
            let detail = "1 to 1209600 seconds.".into();
            errors.push(FieldError { field: "duration_s".into(), code: "invalid", detail });
            None
        }
    };
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let user = person_named(context, &user).await?;
    let act_of = match lasts {
        Some(lasts) => Act::Timeout { user: user.id, lasts, clear: body.clear.unwrap_or(false) },
        None => Act::Ban { user: user.id, clear: body.clear.unwrap_or(true) },
    };
    let done = act(context, &channel, &actor, act_of, &Why::new(&body.reason, &body.note)).await?;
    let mut answer = crate::frame::sanction(done.sanction.as_ref());
    answer["user"] = json!(user);
    answer["changed"] = done.changed.into();
    Ok(HttpResponse::Ok().json(answer))
}

fn too_long(field: &str, text: &str, errors: &mut Vec<FieldError>) {
    if text.chars().nth(moderation::MAX_REASON).is_some() {
        let detail = format!("At most {} characters.", moderation::MAX_REASON);
        errors.push(FieldError { field: field.into(), code: "too_long", detail });
    }
}

/// Why it is lifted.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct Lift {
    /// At most 500 characters.
    #[serde(default)]
    reason: String,
}

/// Lifts a ban or time-out; nothing to lift is fine too.
#[utoipa::path(
    delete, path = "/api/chat/rooms/{room}/bans/{user}", tag = "chat", request_body = Option<Lift>,
    params(("room" = String, Path, description = "Channel id or user name"), ("user" = String, Path, description = "Id or name")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[delete("/api/chat/rooms/{room}/bans/{user}")]
pub(super) async fn delete(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Caller,
    MaybeJson(body): MaybeJson<Lift>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (room, user) = path.into_inner();
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    let reason = body.unwrap_or_default().reason;
    let mut errors = Vec::new();
    too_long("reason", &reason, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let user = person_named(context, &user).await?;
    act(context, &channel, &actor, Act::Lift(user.id), &Why::reason(&reason)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a person's card says is in force.
pub(super) fn in_force(kept: Option<&bans::Kept>) -> Value {
    kept.map_or(Value::Null, |k| {
        let mut told = crate::frame::sanction(Some(&k.sanction));
        told["note"] = k.note.as_str().into();
        told
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cursor_reads_back() {
        let user = UserId::new();
        let (at, read) = parse_cursor(&format!("1764000000123456_{user}")).unwrap();
        assert_eq!((at.unix_timestamp_nanos(), read), (1_764_000_000_123_456_000, user));
    }

    proptest! {
        #[test]
        fn other_texts_are_no_cursors(s in "\\PC{0,40}|-?[0-9]{1,40}_[0-9a-f-]{36}") {
            let _ = parse_cursor(&s);
        }
    }
}
