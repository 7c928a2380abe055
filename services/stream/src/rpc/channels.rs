//! The gRPC edge for chat: channels, what a user may in one, and the roles that its slash commands give. No SQL in here.
//!
//! Chat says who acts; whether that user may is decided here, by what this service and user know.

use crate::{
    app::App,
    bus, capabilities, channel,
    error::Error,
    members,
    names::Asker,
    people,
    store::{broadcasts, channels, members as table},
};
use std::sync::Arc;
use streamly_domain::{ChannelId, StreamState, UserId};
use streamly_proto::stream::v1::{
    Capabilities, Channel, GetCapabilitiesRequest, ListMembersRequest, ListMembersResponse, Member,
    ResolveChannelRequest, SetMemberRequest, SetMemberResponse, State,
    channel_service_server::{ChannelService, ChannelServiceServer},
    resolve_channel_request::By,
};
use streamly_status::Code;
use tonic::{Request, Response, Status};

struct Channels(Arc<App>);

/// The service for chat.
pub fn channel_service(app: Arc<App>) -> ChannelServiceServer<impl ChannelService> {
    ChannelServiceServer::new(Channels(app))
}

#[tonic::async_trait]
impl ChannelService for Channels {
    async fn resolve_channel(
        &self,
        request: Request<ResolveChannelRequest>,
    ) -> Result<Response<Channel>, Status> {
        let app = &self.0;
        let found = match request.into_inner().by {
            Some(By::Username(name)) => channel::by_name(app, &name, Asker::Chat).await?,
            Some(By::ChannelId(id)) => by_id(app, &id).await?,
            None => return Err(Status::invalid_argument("a channel id or a user name is needed")),
        };
        let db = app.db.get().await.map_err(Error::from)?;
        // A test is nobody's in the room.
        let open = broadcasts::open_of(&db, found.id).await?.filter(broadcasts::Broadcast::is_real);
        let state = match open.as_ref().map(|b| b.state) {
            Some(StreamState::Starting) => State::Starting,
            Some(StreamState::Live) => State::Live,
            Some(StreamState::Reconnecting) => State::Reconnecting,
            Some(StreamState::Offline) | None => State::Offline,
        };
        Ok(Response::new(Channel {
            id: found.id.to_string(),
            owner_id: found.owner_id.to_string(),
            username: found.username,
            display_name: found.display_name,
            title: found.title,
            state: state.into(),
            broadcast_id: open.as_ref().map(|b| b.id.to_string()).unwrap_or_default(),
            viewers: open.map_or(0, |b| b.viewers),
            visibility: found.visibility.as_str().to_owned(),
            watch_version: found.watch_version,
        }))
    }

    async fn get_capabilities(
        &self,
        request: Request<GetCapabilitiesRequest>,
    ) -> Result<Response<Capabilities>, Status> {
        let request = request.into_inner();
        let channel = channel_id(&request.channel_id)?;
        // Nobody's id: what strangers may.
        let user = Some(&request.user_id).filter(|id| !id.is_empty()).map(|id| user_id(id)).transpose()?;
        let all = capabilities::of(&self.0, channel, user).await?;
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Ok(Response::new(Capabilities {
            roles: owned(all.roles),
            capabilities: owned(all.names),
            followed_at_ms: all.followed_at.map_or(0, bus::unix_ms),
        }))
    }

    async fn set_member(
        &self,
        request: Request<SetMemberRequest>,
    ) -> Result<Response<SetMemberResponse>, Status> {
        let (app, request) = (&self.0, request.into_inner());
        let (user, actor) = (user_id(&request.user_id)?, user_id(&request.actor_id)?);
        let role = Some(request.role.as_str()).filter(|name| !name.is_empty()).map(str::parse).transpose();
        let role = role.map_err(|_| Status::invalid_argument("role is moderator, vip or empty"))?;
        let channel = by_id(app, &request.channel_id).await?;
        members::may_set(app, &channel, actor).await?;
        app.limits.members(&app.redis, actor).await?;
        if role.is_some() {
            let known = people::by_id(app, user).await?.filter(|user| !user.suspended);
            known.ok_or(Code::UserNotFound).map_err(Error::from)?;
        }
        let previous = members::set(app, &channel, user, role, actor).await?;
        let previous = previous.map_or("", |role| role.as_str()).to_owned();
        Ok(Response::new(SetMemberResponse { previous }))
    }

    async fn list_members(
        &self,
        request: Request<ListMembersRequest>,
    ) -> Result<Response<ListMembersResponse>, Status> {
        let channel = by_id(&self.0, &request.into_inner().channel_id).await?;
        let db = self.0.db.get().await.map_err(Error::from)?;
        let members = table::list(&db, channel.id).await?.into_iter();
        let members =
            members.map(|m| Member { user_id: m.user_id.to_string(), role: m.role.as_str().to_owned() });
        Ok(Response::new(ListMembersResponse { members: members.collect() }))
    }
}

fn channel_id(text: &str) -> Result<ChannelId, Error> {
    Ok(text.parse().map_err(|_| Code::ChannelNotFound)?)
}

fn user_id(text: &str) -> Result<UserId, Status> {
    text.parse().map_err(|_| Status::invalid_argument("a user id is not a UUID"))
}

async fn by_id(app: &App, id: &str) -> Result<channels::Channel, Error> {
    let id = channel_id(id)?;
    let db = app.db.get().await?;
    Ok(channels::find(&db, channels::By::Id(id)).await?.ok_or(Code::ChannelNotFound)?)
}
