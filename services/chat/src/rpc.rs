//! gRPC of chat, for `stream`: acts of moderation in somebody's name, a look at a room; for `user`: what is known of a person. Thin: the
//! work is [`crate::moderation`]'s and [`crate::export`]'s.

use crate::{
    directory::{Channel, Failure},
    export,
    log_id::LogId,
    moderation::{Act, Done, Refused, Why},
    session::Context,
};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use streamly_domain::{ChannelId, UserId};
use streamly_proto::chat::v1::{
    BanUserRequest, BanUserResponse, ClearMessagesRequest, ClearMessagesResponse, DeleteMessageRequest,
    DeleteMessageResponse, ExportUserRequest, ExportUserResponse, ExportedItem, GetRoomStateRequest,
    RoomState, TimeoutUserRequest, TimeoutUserResponse, UnbanUserRequest, UnbanUserResponse,
    chat_service_server::ChatService, export_service_server::ExportService,
};
use streamly_rpc::{Allow, status_of};
use streamly_status::Code;
use tonic::{Request, Response, Status};

/// Who may call what.
pub const ALLOW: Allow =
    &[("stream", "/streamly.chat.v1.ChatService/"), ("user", "/streamly.chat.v1.ExportService/")];

/// The service.
#[derive(Clone)]
pub struct Chat {
    /// As the sockets have it; empty until the service is up.
    pub context: Arc<OnceLock<Context>>,
}

fn id<T: std::str::FromStr>(text: &str, field: &'static str) -> Result<T, Status> {
    text.parse().map_err(|_| Status::invalid_argument(format!("{field} is not valid")))
}

fn redis_away(e: streamly_redis::Error) -> Status {
    tracing::warn!(error = %e.details(), "redis did not answer");
    status_of(Code::Unavailable)
}

fn refused(why: Refused) -> Status {
    match why {
        Refused::Forbidden | Refused::OutOfReach | Refused::Outranked => status_of(Code::Forbidden),
        Refused::MessageNotFound => status_of(Code::MessageNotFound),
        Refused::ActNotFound => status_of(Code::ActNotFound),
        Refused::NotUndoable => status_of(Code::NotUndoable),
        Refused::Banned => status_of(Code::AlreadyBanned),
        Refused::UserNotFound => status_of(Code::UserNotFound),
        Refused::TooManyMembers => status_of(Code::TooManyMembers),
        Refused::TooFast => status_of(Code::RateLimited),
        Refused::Invalid(errors) => {
            Status::invalid_argument(errors.into_iter().map(|e| e.field).collect::<Vec<_>>().join(" "))
        }
        Refused::Redis(e) => redis_away(e),
        Refused::Database(e) => {
            tracing::warn!(error = %e, "the database did not answer");
            status_of(if e.is_unavailable() { Code::Unavailable } else { Code::Internal })
        }
        Refused::Unknown => status_of(Code::Unavailable),
    }
}

impl Chat {
    fn context(&self) -> Result<&Context, Status> {
        self.context.get().ok_or_else(|| status_of(Code::Unavailable))
    }

    /// Does an act of `actor` in a room.
    async fn perform(&self, room: &str, actor: &str, act: Act, why: &Why) -> Result<Done, Status> {
        let context = self.context()?;
        let (room, id): (ChannelId, UserId) = (id(room, "room_id")?, id(actor, "actor_id")?);
        let channel: Arc<Channel> =
            context.directory.channel(&room.to_string()).await.map_err(|e| match e {
                Failure::NotFound => status_of(Code::ChannelNotFound),
                Failure::Away => status_of(Code::Unavailable),
            })?;
        let standing = context.directory.standing(id, &channel).await;
        let actor = context.moderation.actor(&channel, id, standing).await;
        context.moderation.perform(&channel, &actor, act, why).await.map_err(refused)
    }
}

#[tonic::async_trait]
impl ExportService for Chat {
    async fn export_user(
        &self,
        request: Request<ExportUserRequest>,
    ) -> Result<Response<ExportUserResponse>, Status> {
        let r = request.into_inner();
        let user: UserId = id(&r.user_id, "user_id")?;
        let context = self.context()?;
        let page = export::page(&context.moderation.db, &context.log, user, &r.cursor).await;
        let (items, next) = page.map_err(|e| match e {
            export::Error::Cursor => Status::invalid_argument("cursor is not valid"),
            export::Error::Redis(e) => redis_away(e),
            export::Error::Database(e) => refused(Refused::Database(e)),
        })?;
        let items = items.into_iter().map(|i| ExportedItem { kind: i.kind.into(), json: i.json }).collect();
        Ok(Response::new(ExportUserResponse { items, next_cursor: next.unwrap_or_default() }))
    }
}

#[tonic::async_trait]
impl ChatService for Chat {
    async fn delete_message(
        &self,
        request: Request<DeleteMessageRequest>,
    ) -> Result<Response<DeleteMessageResponse>, Status> {
        let r = request.into_inner();
        let message: LogId = id(&r.message_id, "message_id")?;
        let done = self.perform(&r.room_id, &r.actor_id, Act::Delete(message), &Why::default()).await?;
        let event_id = done.event.map(|e| e.to_string()).unwrap_or_default();
        Ok(Response::new(DeleteMessageResponse { event_id }))
    }

    async fn ban_user(&self, request: Request<BanUserRequest>) -> Result<Response<BanUserResponse>, Status> {
        let r = request.into_inner();
        let user: UserId = id(&r.user_id, "user_id")?;
        let act = Act::Ban { user, clear: true };
        self.perform(&r.room_id, &r.actor_id, act, &Why::new(&r.reason, &r.note)).await?;
        Ok(Response::new(BanUserResponse {}))
    }

    async fn timeout_user(
        &self,
        request: Request<TimeoutUserRequest>,
    ) -> Result<Response<TimeoutUserResponse>, Status> {
        let r = request.into_inner();
        let user: UserId = id(&r.user_id, "user_id")?;
        let act = Act::Timeout { user, lasts: Duration::from_millis(r.duration_ms), clear: false };
        self.perform(&r.room_id, &r.actor_id, act, &Why::new(&r.reason, &r.note)).await?;
        Ok(Response::new(TimeoutUserResponse {}))
    }

    async fn unban_user(
        &self,
        request: Request<UnbanUserRequest>,
    ) -> Result<Response<UnbanUserResponse>, Status> {
        let r = request.into_inner();
        let user: UserId = id(&r.user_id, "user_id")?;
        self.perform(&r.room_id, &r.actor_id, Act::Lift(user), &Why::reason(&r.reason)).await?;
        Ok(Response::new(UnbanUserResponse {}))
    }

    async fn clear_messages(
        &self,
        request: Request<ClearMessagesRequest>,
    ) -> Result<Response<ClearMessagesResponse>, Status> {
        let r = request.into_inner();
        let user = if r.user_id.is_empty() { None } else { Some(id(&r.user_id, "user_id")?) };
        let done = self.perform(&r.room_id, &r.actor_id, Act::Clear(user), &Why::reason(&r.reason)).await?;
        let event_id = done.event.map(|e| e.to_string()).unwrap_or_default();
        Ok(Response::new(ClearMessagesResponse { event_id }))
    }

    async fn get_room_state(
        &self,
        request: Request<GetRoomStateRequest>,
    ) -> Result<Response<RoomState>, Status> {
        let room_id = request.into_inner().room_id;
        let context = self.context()?;
        let room: ChannelId = id(&room_id, "room_id")?;
        let last = context.log.last(room).await.map_err(redis_away)?;
        let last_id = if last == LogId::default() { String::new() } else { last.to_string() };
        Ok(Response::new(RoomState { sockets: context.hub.sockets(room), room_id, last_id }))
    }
}
