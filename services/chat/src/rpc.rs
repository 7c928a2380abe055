//! gRPC of chat, for `stream`: delete a message, ban a person, look at a room. Thin: the work is the log's and the store's.

use crate::{
    bus::Deleted,
    log_id::LogId,
    record::Gone,
    session::Context,
    store::{self, Act},
};
use std::sync::Arc;
use std::sync::OnceLock;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::Database;
use streamly_proto::chat::v1::{
    BanUserRequest, BanUserResponse, DeleteMessageRequest, DeleteMessageResponse, GetRoomStateRequest,
    RoomState, chat_service_server::ChatService,
};
use streamly_rpc::{Allow, status_of};
use streamly_status::Code;
use tonic::{Request, Response, Status};

/// Who may call what.
pub const ALLOW: Allow = &[("stream", "/streamly.chat.v1.ChatService/")];
/// Longest reason that is kept, characters.
const MAX_REASON: usize = 500;

/// The service.
pub struct Chat {
    /// As the sockets have it; empty until the service is up.
    pub context: Arc<OnceLock<Context>>,
    /// Bans and audit.
    pub db: Database,
}

fn id<T: std::str::FromStr>(text: &str, field: &'static str) -> Result<T, Status> {
    text.parse().map_err(|_| Status::invalid_argument(format!("{field} is not valid")))
}

fn redis_away(e: streamly_redis::Error) -> Status {
    tracing::warn!(error = %e.details(), "redis did not answer");
    status_of(Code::Unavailable)
}

fn database_away(e: streamly_postgres::Error) -> Status {
    tracing::warn!(error = %e, "the database did not answer");
    status_of(if e.is_unavailable() { Code::Unavailable } else { Code::Internal })
}

impl Chat {
    fn context(&self) -> Result<&Context, Status> {
        self.context.get().ok_or_else(|| status_of(Code::Unavailable))
    }
}

#[tonic::async_trait]
impl ChatService for Chat {
    async fn delete_message(
        &self,
        request: Request<DeleteMessageRequest>,
    ) -> Result<Response<DeleteMessageResponse>, Status> {
        let r = request.into_inner();
        let context = self.context()?;
        let (room, message): (ChannelId, LogId) =
            (id(&r.room_id, "room_id")?, id(&r.message_id, "message_id")?);
        let actor: UserId = id(&r.actor_id, "actor_id")?;
        let done =
            context.log.delete(room, context.hub.floor(room), message, None).await.map_err(redis_away)?;
        let Deleted::By(event) = done else { return Err(status_of(Code::MessageNotFound)) };
        if let Err(e) = context.record.forget(room, Gone::Message(message)).await {
            tracing::warn!(error = %e, %room, %message, "a deletion may be missing in the record");
        }
        let act = Act { room, actor, action: "delete", target: &r.message_id, reason: "" };
        if let Err(e) = store::note(&self.db, &act).await {
            tracing::error!(error = %e, %room, %actor, %message, "a deletion is not in the audit log");
        }
        Ok(Response::new(DeleteMessageResponse { event_id: event.to_string() }))
    }

    async fn ban_user(&self, request: Request<BanUserRequest>) -> Result<Response<BanUserResponse>, Status> {
        let r = request.into_inner();
        let context = self.context()?;
        let (room, user): (ChannelId, UserId) = (id(&r.room_id, "room_id")?, id(&r.user_id, "user_id")?);
        let actor: UserId = id(&r.actor_id, "actor_id")?;
        let reason: String = r.reason.chars().take(MAX_REASON).collect();
        let act = Act { room, actor, action: "ban", target: &r.user_id, reason: &reason };
        store::ban(&self.db, user, &act).await.map_err(database_away)?;
        context.bans.add(room, user).await;
        context.log.clear(room, context.hub.floor(room), user).await.map_err(redis_away)?;
        let gone = Gone::Of(user, LogId::at(crate::socket::unix_ms() + 1));
        if let Err(e) = context.record.forget(room, gone).await {
            tracing::warn!(error = %e, %room, %user, "what a ban cleared may stay in the record");
        }
        context.log.announce_ban(room, user).await.map_err(redis_away)?;
        Ok(Response::new(BanUserResponse {}))
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
