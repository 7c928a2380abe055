//! REST of reports: making one, the queues, and what comes of them. Handlers only.

use super::{
    Rest, actor,
    caller::{Account, Caller, MaybeCaller},
    lists::{Items, Listing, acting, listed, parse_id, person, queue_refused, user},
    shapes, visible,
};
use crate::{
    directory::Rank,
    moderation::Act,
    queue::{Refused, field},
    reports::{About, Kept, Of, Outcome, Seer, channel_of},
    session::Context,
};
use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use streamly_http::{Problem, ProblemBody, Result};
use streamly_status::Code;
use utoipa::ToSchema;

/// A report: about one of `message_id`, `user` or `channel`.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewReport {
    /// Channel id or user name: where it was seen.
    room: String,
    /// A message of the kept log.
    message_id: Option<String>,
    /// A person, by id or user name.
    user: Option<String>,
    /// The channel itself.
    #[serde(default)]
    channel: bool,
    /// `spam`, `harassment`, `hate`, `sexual`, `violence`, `self_harm`, `impersonation`, `copyright`, `other`.
    category: String,
    /// In the reporter's words, at most 500 characters.
    #[serde(default)]
    text: String,
}

/// What becomes of a report.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Resolution {
    /// `acted`, `dismissed`, `escalated` (to the platform's people).
    outcome: String,
    /// For the reporter, at most 500 characters.
    #[serde(default)]
    text: String,
    /// What is done along with `acted`.
    act: Option<ReportAct>,
}

/// An act against whom the report is about, or its message.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ReportAct {
    /// `delete` (the message), `timeout`, `ban`.
    action: String,
    /// Of a time-out, 1 to 1,209,600.
    duration_s: Option<u64>,
}

/// Reports a message, a person or a channel: 201, or 200 with the caller's open report about the same.
#[utoipa::path(
    post, path = "/api/chat/reports", tag = "chat", request_body = NewReport,
    responses((status = 200, body = shapes::ChatReport), (status = 201, body = shapes::ChatReport), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/reports")]
pub(super) async fn report(
    rest: web::Data<Rest>,
    who: Account,
    body: web::Json<NewReport>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    person(context, &who).await?;
    let channel = visible(context, &body.room, &MaybeCaller(Some((&who).into()))).await?;
    let one = field("message_id", "one_of", "A report is about one of message_id, user and channel.");
    let about = match (&body.message_id, &body.user, body.channel) {
        (Some(id), None, false) => {
            About::Message(id.parse().map_err(|_| Problem::new(Code::MessageNotFound))?)
        }
        (None, Some(named), false) => About::User(user(context, named).await?),
        (None, None, true) => About::Channel,
        _ => return Err(queue_refused(one)),
    };
    if let Some(pace) = &context.pace {
        pace.report(who.0.sub).await.map_err(|wait| Problem::new(Code::RateLimited).retry_after(wait))?;
    }
    let made = context.reports.make(&channel, who.0.sub, &about, &body.category, &body.text).await;
    let (kept, is_new) = made.map_err(report_refused)?;
    let view = context.reports.views(&[kept], Seer::Reporter).await.pop();
    Ok(if is_new { HttpResponse::Created().json(view) } else { HttpResponse::Ok().json(view) })
}

/// The platform's queue, for its staff; with `mine=1` for anybody what they reported, newest first, with the answers.
#[utoipa::path(
    get, path = "/api/chat/reports", tag = "chat",
    params(("mine" = Option<String>, Query, description = "1: what the caller reported"),
           ("state" = Option<String>, Query, description = "`open` (default) or `resolved`"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "1-100, default 50")),
    responses((status = 200, body = shapes::ReportPage), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/reports")]
pub(super) async fn reports(
    rest: web::Data<Rest>,
    who: Account,
    query: web::Query<Listing>,
) -> Result<web::Json<Items>> {
    let context = rest.context()?;
    person(context, &who).await?;
    let caller = who.0.sub;
    if query.is_mine() {
        return page(context, Of::Reporter(caller), &query, Seer::Reporter).await;
    }
    if !context.directory.is_staff(caller).await {
        return Err(Code::Forbidden.into());
    }
    page(context, Of::Platform, &query, Seer::Staff).await
}

/// The queue of a channel's moderators. Who reported is not told.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/reports", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"),
           ("state" = Option<String>, Query, description = "`open` (default) or `resolved`"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "1-100, default 50")),
    responses((status = 200, body = shapes::ReportPage), (status = 400, body = ProblemBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/reports")]
pub(super) async fn room_reports(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
    query: web::Query<Listing>,
) -> Result<web::Json<Items>> {
    let context = rest.context()?;
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    let is_above = actor.standing.rank() >= Rank::Owner;
    page(context, Of::Room { room: channel.id, reader: actor.id, is_above }, &query, Seer::Moderator).await
}

/// Ends a report, with an act or without, and answers its reporter. 409 `already_resolved`.
#[utoipa::path(
    post, path = "/api/chat/reports/{id}/resolve", tag = "chat", request_body = Resolution,
    params(("id" = String, Path, description = "The report's id")),
    responses((status = 200, body = shapes::ChatReport), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/reports/{id}/resolve")]
pub(super) async fn resolve_report(
    rest: web::Data<Rest>,
    id: web::Path<String>,
    who: Caller,
    body: web::Json<Resolution>,
) -> Result<web::Json<Option<Value>>> {
    let context = rest.context()?;
    person(context, &who).await?;
    let id = parse_id(&id, Code::ReportNotFound)?;
    let kept = context.reports.get(id).await.map_err(report_refused)?;
    let channel = channel_of(&context.directory, &kept).await.map_err(report_refused)?;
    let (_, actor) = acting(context, &channel.id.to_string(), &who).await.map_err(unseen)?;
    // Neither a stranger nor whom it is about learns which reports there are.
    if !actor.standing.moderates() || !context.reports.is_seen_by(&actor, &kept) {
        return Err(Code::ReportNotFound.into());
    }
    let outcome = outcome(&body, &kept).map_err(report_refused)?;
    let done =
        context.reports.resolve(&channel, &actor, id, &outcome, &body.text).await.map_err(report_refused)?;
    let seer = if done.queue == "platform" && !matches!(outcome, Outcome::Escalated) {
        Seer::Staff
    } else {
        Seer::Moderator
    };
    Ok(web::Json(context.reports.views(&[done], seer).await.pop()))
}

fn outcome(body: &Resolution, kept: &Kept) -> std::result::Result<Outcome, Refused> {
    match (body.outcome.as_str(), &body.act) {
        ("dismissed", None) => Ok(Outcome::Dismissed),
        ("escalated", None) => Ok(Outcome::Escalated),
        ("acted", act) => Ok(Outcome::Acted(act.as_ref().map(|a| act_of(a, kept)).transpose()?)),
        ("dismissed" | "escalated", Some(_)) => Err(field("act", "not_with", "Only acted has an act.")),
        _ => Err(field("outcome", "unknown", "One of acted, dismissed and escalated.")),
    }
}

fn act_of(act: &ReportAct, kept: &Kept) -> std::result::Result<Act, Refused> {
    match (act.action.as_str(), act.duration_s) {
        ("delete", _) if kept.about == "message" => {
            Ok(Act::Delete(kept.target.parse().map_err(|_| Refused::MessageNotFound)?))
        }
        ("ban", _) => Ok(Act::Ban { user: kept.user, clear: false }),
        ("timeout", Some(seconds)) => {
            let lasts = Duration::from_secs(seconds);
            if lasts < crate::moderation::MIN_TIMEOUT || lasts > crate::moderation::MAX_TIMEOUT {
                return Err(field("act.duration_s", "out_of_range", "1 to 1,209,600 seconds."));
            }
            Ok(Act::Timeout { user: kept.user, lasts, clear: false })
        }
        ("timeout", None) => Err(field("act.duration_s", "required", "How long?")),
        _ => Err(field("act.action", "unknown", "One of delete (of a message), timeout and ban.")),
    }
}

async fn page(context: &Context, of: Of, query: &Listing, seer: Seer) -> Result<web::Json<Items>> {
    let (after, limit) = (query.after()?, query.limit());
    let found = context.reports.page(of, query.is_open()?, after, limit).await.map_err(report_refused)?;
    let last = found.last().map(|r| r.id);
    Ok(web::Json(listed(context.reports.views(&found, seer).await, last, limit)))
}

pub(super) fn report_refused(why: Refused) -> Problem {
    match why {
        Refused::NotFound => Code::ReportNotFound.into(),
        Refused::Full => Code::TooManyReports.into(),
        why => queue_refused(why),
    }
}

/// A report of a room that the caller may not see is as none.
pub(super) fn unseen(problem: Problem) -> Problem {
    if problem.code() == Code::Forbidden { Code::ReportNotFound.into() } else { problem }
}
