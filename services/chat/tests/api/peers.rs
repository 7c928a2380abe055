//! `stream` and `user` as tables: people, each with a channel of their own; dan is suspended. In ada's channel mia is a moderator and vic a
//! VIP; stan is of the platform's staff.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};
use streamly_auth::SigningKey;
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_proto::{
    stream::v1::{
        Capabilities, Channel, GetCapabilitiesRequest, ListMembersRequest, ListMembersResponse, Member,
        ResolveChannelRequest, SetMemberRequest, SetMemberResponse,
        channel_service_server::{ChannelService, ChannelServiceServer},
        resolve_channel_request::By,
    },
    user::v1::{
        GetUsersByNameRequest, GetUsersRequest, GetUsersResponse, User,
        user_service_server::{UserService, UserServiceServer},
    },
};
use streamly_rpc::Server;
use tokio::task::JoinSet;
use tonic::{Request, Response, Status};

const PEOPLE: [&str; 7] = ["ada", "bob", "cleo", "dan", "mia", "vic", "stan"];

/// The id of a person.
pub fn user_id(name: &str) -> String {
    let n = PEOPLE.iter().position(|p| *p == name).unwrap();
    format!("01932f00-0000-7000-8000-00000000000{}", n + 1)
}

/// The id of a person's channel, and of its room.
pub fn room_id(name: &str) -> String {
    let n = PEOPLE.iter().position(|p| *p == name).unwrap();
    format!("01932f00-0000-7000-8000-0000000000a{}", n + 1)
}

/// What changes during a test.
#[derive(Debug, Default)]
struct State {
    /// By person and channel: ids.
    roles: HashMap<(String, String), String>,
    /// Since when somebody follows a channel, Unix milliseconds.
    followed: HashMap<(String, String), i64>,
    verified: HashSet<String>,
    suspended: HashSet<String>,
    /// For whom ada's channel is; empty: everybody.
    visibility: String,
    watch_version: u64,
    /// Of the platform's staff by `user`, besides stan.
    staff: HashSet<String>,
}

/// Both tables; clones are the same ones.
#[derive(Clone, Default)]
pub struct Table(Arc<Mutex<State>>);

impl Table {
    /// What somebody is in ada's channel from now on; empty: nothing.
    pub fn set_role(&self, name: &str, role: &str) {
        self.0.lock().unwrap().roles.insert((user_id(name), room_id("ada")), role.into());
    }
    /// Since when somebody follows ada; 0: no more.
    pub fn follow(&self, name: &str, since_ms: i64) {
        self.0.lock().unwrap().followed.insert((user_id(name), room_id("ada")), since_ms);
    }
    /// For whom ada's channel is: besides those with a role, whoever follows it.
    pub fn show(&self, visibility: &str) {
        self.0.lock().unwrap().visibility = visibility.into();
    }
    /// The same, of that version.
    pub fn show_as(&self, visibility: &str, watch_version: u64) {
        self.show(visibility);
        self.0.lock().unwrap().watch_version = watch_version;
    }
    /// Their e-mail address is verified.
    pub fn verify(&self, name: &str) {
        self.0.lock().unwrap().verified.insert(user_id(name));
    }
    /// They are of the platform's staff; `stream` does not know it yet.
    pub fn employ(&self, name: &str) {
        self.0.lock().unwrap().staff.insert(user_id(name));
    }
    /// Their account is suspended.
    pub fn suspend(&self, name: &str) {
        self.0.lock().unwrap().suspended.insert(user_id(name));
    }
    /// It is not any more.
    pub fn unsuspend(&self, name: &str) {
        self.0.lock().unwrap().suspended.remove(&user_id(name));
    }
}

#[tonic::async_trait]
impl ChannelService for Table {
    async fn resolve_channel(&self, r: Request<ResolveChannelRequest>) -> Result<Response<Channel>, Status> {
        let owner = match r.into_inner().by {
            Some(By::ChannelId(id)) => PEOPLE.iter().find(|p| room_id(p) == id),
            Some(By::Username(name)) => PEOPLE.iter().find(|p| **p == name),
            None => None,
        };
        let owner = owner.ok_or_else(|| Status::not_found("no such channel"))?;
        let (id, owner_id, username) = (room_id(owner), user_id(owner), (*owner).to_owned());
        let (visibility, watch_version) = match *owner {
            "ada" => {
                let state = self.0.lock().unwrap();
                (state.visibility.clone(), state.watch_version)
            }
            _ => Default::default(),
        };
        Ok(Response::new(Channel { id, owner_id, username, visibility, watch_version, ..Channel::default() }))
    }
    async fn get_capabilities(
        &self,
        r: Request<GetCapabilitiesRequest>,
    ) -> Result<Response<Capabilities>, Status> {
        let r = r.into_inner();
        let owns = PEOPLE.iter().any(|p| user_id(p) == r.user_id && room_id(p) == r.channel_id);
        let is = |name: &str| r.user_id == user_id(name);
        let in_adas = r.channel_id == room_id("ada");
        let roles = [
            ("owner", owns),
            ("moderator", in_adas && is("mia")),
            ("vip", in_adas && is("vic")),
            ("staff", is("stan")),
        ];
        let mut roles: Vec<String> =
            roles.into_iter().filter(|(_, has)| *has).map(|(role, _)| role.to_owned()).collect();
        let state = self.0.lock().unwrap();
        let key = (r.user_id, r.channel_id);
        if let Some(role) = state.roles.get(&key) {
            roles.retain(|r| !matches!(r.as_str(), "moderator" | "vip"));
            roles.extend(Some(role.clone()).filter(|r| !r.is_empty()));
        }
        let followed_at_ms = state.followed.get(&key).copied().unwrap_or_default();
        let views = !roles.is_empty() || followed_at_ms > 0;
        let capabilities = views.then(|| "channel.view".to_owned()).into_iter().collect();
        Ok(Response::new(Capabilities { roles, capabilities, followed_at_ms }))
    }
    async fn set_member(&self, r: Request<SetMemberRequest>) -> Result<Response<SetMemberResponse>, Status> {
        let r = r.into_inner();
        if r.actor_id != user_id("ada") && r.actor_id != user_id("stan") {
            return Err(Status::permission_denied("neither owner nor staff"));
        }
        let from_the_start = match r.channel_id == room_id("ada") {
            true if r.user_id == user_id("mia") => "moderator",
            true if r.user_id == user_id("vic") => "vip",
            _ => "",
        };
        let key = (r.user_id, r.channel_id);
        let before = self.0.lock().unwrap().roles.insert(key, r.role);
        let previous = before.unwrap_or_else(|| from_the_start.to_owned());
        Ok(Response::new(SetMemberResponse { previous }))
    }
    async fn list_members(
        &self,
        r: Request<ListMembersRequest>,
    ) -> Result<Response<ListMembersResponse>, Status> {
        let channel = r.into_inner().channel_id;
        let mut members = Vec::new();
        for (name, role) in
            [("mia", "moderator"), ("vic", "vip")].into_iter().filter(|_| channel == room_id("ada"))
        {
            members.push((user_id(name), role.to_owned()));
        }
        let state = self.0.lock().unwrap();
        for ((user, _), role) in state.roles.iter().filter(|((_, c), _)| *c == channel) {
            members.retain(|(u, _)| u != user);
            members.extend(Some((user.clone(), role.clone())).filter(|(_, role)| !role.is_empty()));
        }
        members.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        let members = members.into_iter().map(|(user_id, role)| Member { user_id, role }).collect();
        Ok(Response::new(ListMembersResponse { members }))
    }
}

#[tonic::async_trait]
impl UserService for Table {
    async fn get_users(&self, r: Request<GetUsersRequest>) -> Result<Response<GetUsersResponse>, Status> {
        let ids = r.into_inner().ids;
        let found = PEOPLE.iter().filter(|p| ids.contains(&user_id(p)));
        let state = self.0.lock().unwrap();
        let users = found.map(|p| User {
            id: user_id(p),
            username: (*p).into(),
            display_name: p.to_uppercase(),
            suspended: *p == "dan" || state.suspended.contains(&user_id(p)),
            platform_role: if *p == "stan" || state.staff.contains(&user_id(p)) {
                "moderator"
            } else {
                "user"
            }
            .into(),
            email_verified: state.verified.contains(&user_id(p)),
            created_at_ms: 1_700_000_000_000,
            language: String::new(),
        });
        Ok(Response::new(GetUsersResponse { users: users.collect() }))
    }
    async fn get_users_by_name(
        &self,
        r: Request<GetUsersByNameRequest>,
    ) -> Result<Response<GetUsersResponse>, Status> {
        let names = r.into_inner().usernames;
        let ids = PEOPLE.iter().filter(|p| names.iter().any(|n| n == *p)).map(|p| user_id(p)).collect();
        self.get_users(Request::new(GetUsersRequest { ids })).await
    }

    async fn send_live_notices(
        &self,
        _request: Request<streamly_proto::user::v1::SendLiveNoticesRequest>,
    ) -> Result<Response<streamly_proto::user::v1::SendLiveNoticesResponse>, Status> {
        Err(Status::unimplemented("mails of live channels"))
    }
}

/// Serves both until `shutdown`; answers the addresses of `stream` and of `user`.
pub fn serve(
    table: &Table,
    chat: &SigningKey,
    shutdown: &Shutdown,
    served: &mut JoinSet<()>,
) -> (String, String) {
    const ALLOW: streamly_rpc::Allow =
        &[("chat", "/streamly.stream.v1.ChannelService/"), ("chat", "/streamly.user.v1.UserService/")];
    let jwk = chat.jwk();
    let mut one = |name: &str, add: &dyn Fn(Server) -> Server| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let peers = streamly_auth::service::Peers::new(name, [("chat", &jwk)]);
        let server = add(Server::new(peers, ALLOW, Readiness::new()));
        let stop = shutdown.clone();
        served.spawn(async move { server.serve(listener, stop).await.unwrap() });
        url
    };
    (
        one("stream", &|s| s.add(ChannelServiceServer::new(table.clone()))),
        one("user", &|s| s.add(UserServiceServer::new(table.clone()))),
    )
}
