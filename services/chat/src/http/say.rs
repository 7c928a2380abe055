//! REST of saying something, by people and bots: the same as a `say` frame, answered by the message. The one place where the codes of `error`
//! frames become those of problems.

use super::{
    Rest,
    caller::{Caller, MaybeCaller},
    shapes, visible,
};
use crate::{
    error::{Code as Said, Refusal},
    frame, holds,
    log_id::LogId,
    speech::{Outcome, Saying, Speech},
};
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use serde_json::json;
use streamly_http::{Holder, Problem, ProblemBody, Result, forwarded};
use streamly_status::{Code, FieldError};
use utoipa::ToSchema;

/// What is to be said.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewMessage {
    /// 1-500 graphemes. One that begins with "/" is a command, "//x" says "/x".
    text: String,
    /// A message of the kept log, 18 hex digits.
    reply_to: Option<String>,
    /// 1-64 visible ASCII characters: the same one from the same caller in this room within 2 minutes is one message.
    nonce: Option<String>,
    /// An image that the caller has uploaded for it.
    image: Option<uuid::Uuid>,
}

/// Says something in a room, joined or not: 201 with the frame `message`, or 200 if an earlier call with the nonce had made it. 202 with the
/// frame `held` if it waits for a moderator. A command is answered by 200 and `{text}`. Problems have the codes of `error` frames.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/messages", tag = "chat", request_body = NewMessage,
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 200, body = shapes::SaidOrDone), (status = 201, body = shapes::ChatMessage), (status = 202, body = shapes::Waits), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/messages")]
pub(super) async fn say(
    rest: web::Data<Rest>,
    request: HttpRequest,
    room: web::Path<String>,
    who: Caller,
    body: web::Json<NewMessage>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let person = who.person(context).await?;
    let channel = visible(context, &room, &MaybeCaller(Some(who.clone()))).await?;
    check(&body)?;
    let forwarded_for = request.headers().get("x-forwarded-for").and_then(|v| v.to_str().ok());
    let address = request
        .peer_addr()
        .and_then(|peer| forwarded::client(peer, forwarded_for, &rest.proxies))
        .map(Holder::from);
    let is_told = context.hub.sockets(channel.id) > 0;
    let speech = Speech { context, person: &person, bot: who.bot(), address, channel: &channel, is_told };
    let saying = Saying {
        text: &body.text,
        nonce: body.nonce.as_deref(),
        reply_to: body.reply_to.as_deref(),
        image: body.image,
    };
    Ok(match speech.say(&saying).await.map_err(refused)? {
        Outcome::Said { mut entry, repeated } => {
            // Said is said, also when nobody can tell now what it answers.
            if let Err(e) = context.log.show(channel.id, std::slice::from_mut(&mut entry)).await {
                tracing::debug!(error = %e.details(), "a message is answered without what it replies to");
            }
            let mut answer = if repeated { HttpResponse::Ok() } else { HttpResponse::Created() };
            answer.content_type("application/json").body(entry.encode(channel.id, true).to_string())
        }
        Outcome::Held { kept, .. } => {
            let mut answer = json!({ "held": holds::for_author(&kept) });
            if kept.state != "waiting" {
                answer["resolved"] = holds::resolved(&kept);
            }
            HttpResponse::Accepted().json(answer)
        }
        Outcome::Done(text) => HttpResponse::Ok().json(json!({ "text": text })),
    })
}

fn check(new: &NewMessage) -> Result<()> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, detail: &str| {
        errors.push(FieldError { field: field.into(), code: "invalid", detail: detail.into() });
    };
    if new.nonce.as_deref().is_some_and(|n| !frame::is_nonce(n)) {
        wrong("nonce", "A nonce is 1 to 64 visible ASCII characters.");
    }
    if new.reply_to.as_deref().is_some_and(|id| id.parse::<LogId>().is_err()) {
        wrong("reply_to", "The id of a message is 18 hex digits.");
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(errors)) }
}

/// The code of a problem for that of an `error` frame: of the same name, but for what REST has always called otherwise.
fn code(said: Said) -> Code {
    match said {
        Said::Unauthorized | Said::ReadOnly | Said::InvalidToken => Code::Unauthenticated,
        Said::NotVisible => Code::Forbidden,
        other => Code::from_name(other.name()).unwrap_or(Code::Internal),
    }
}

fn refused(Refusal { code: said, wait, detail }: Refusal) -> Problem {
    let mut problem = Problem::new(code(said)).detail(detail.unwrap_or_else(|| said.detail().into()));
    if let Some(wait) = wait.or((said == Said::Unavailable).then(|| std::time::Duration::from_secs(1))) {
        problem = problem.retry_after(wait);
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_something_said_has_a_code_in_rest() {
        // What only frames can be: no call of REST gets that far.
        let of_frames = [
            "malformed",
            "unknown_type",
            "invalid_frame",
            "unsupported_version",
            "hello_again",
            "wrong_user",
            "not_joined",
            "too_many_rooms",
            "invalid_since",
        ];
        for said in Said::ALL.iter().filter(|s| !of_frames.contains(&s.name())) {
            assert_ne!(code(*said), Code::Internal, "{}", said.name());
        }
    }
}
