//! A real server and client on loopback: tokens, the allow-list, deadlines, health.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{net::TcpListener, time::Duration};
use streamly_auth::{SigningKey, service::Peers};
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_proto::user::v1::{
    GetUsersByNameRequest, GetUsersRequest, GetUsersResponse,
    user_service_client::UserServiceClient,
    user_service_server::{UserService, UserServiceServer},
};
use streamly_rpc::{Allow, Caller, Identity, Peer, PeerConfig, Server};
use tonic::{Code, Request, Response, Status};

struct Users;
#[tonic::async_trait]
impl UserService for Users {
    async fn get_users(&self, r: Request<GetUsersRequest>) -> Result<Response<GetUsersResponse>, Status> {
        assert_eq!(r.extensions().get::<Caller>().map(|c| c.0.to_string()).as_deref(), Some("chat"));
        Ok(Response::new(GetUsersResponse::default()))
    }
    async fn get_users_by_name(
        &self,
        _: Request<GetUsersByNameRequest>,
    ) -> Result<Response<GetUsersResponse>, Status> {
        std::future::pending().await
    }

    async fn send_live_notices(
        &self,
        _request: Request<streamly_proto::user::v1::SendLiveNoticesRequest>,
    ) -> Result<Response<streamly_proto::user::v1::SendLiveNoticesResponse>, Status> {
        Err(Status::unimplemented("mails of live channels"))
    }
}

const ALLOW: Allow = &[("chat", "/streamly.user.v1.UserService/")];

fn serve(peers: Peers, shutdown: &Shutdown) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::new(peers, ALLOW, Readiness::new()).add(UserServiceServer::new(Users));
    tokio::spawn(server.serve(listener, shutdown.clone()));
    url
}

#[tokio::test]
async fn only_a_known_and_allowed_peer_gets_through() {
    let (chat, web) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let (c, w) = (chat.jwk(), web.jwk());
    let shutdown = Shutdown::new();
    let url = serve(Peers::new("user", [("chat", &c), ("web", &w)]), &shutdown);
    let peer = |name, key| Peer::new(PeerConfig::at(&url), "user", Identity::new(name, key)).unwrap();
    let ask = |peer: Peer| async move {
        peer.call(|t| async move { UserServiceClient::new(t).get_users(GetUsersRequest::default()).await })
            .await
            .map_err(|s| s.code())
    };
    assert_eq!(ask(peer("chat", chat.clone())).await, Ok(GetUsersResponse::default()));
    assert_eq!(ask(peer("web", web.clone())).await, Err(Code::PermissionDenied));
    assert_eq!(ask(peer("chat", web)).await, Err(Code::Unauthenticated));
    shutdown.start();
}

#[tokio::test]
async fn a_mute_peer_costs_a_deadline_and_then_opens_the_breaker() {
    let chat = SigningKey::generate().unwrap();
    let c = chat.jwk();
    let shutdown = Shutdown::new();
    let url = serve(Peers::new("user", [("chat", &c)]), &shutdown);
    let config = PeerConfig {
        deadline: streamly_config::Duration::from_millis(50),
        attempts: 6,
        ..PeerConfig::at(&url)
    };
    let peer = Peer::new(config, "user", Identity::new("chat", chat)).unwrap();
    let ask = || async {
        peer.call(|t| async move {
            UserServiceClient::new(t).get_users_by_name(GetUsersByNameRequest::default()).await
        })
        .await
        .unwrap_err()
    };
    assert!(matches!(
        tokio::time::timeout(Duration::from_secs(10), ask()).await.unwrap().code(),
        Code::DeadlineExceeded | Code::Cancelled | Code::Unavailable
    ));
    assert_eq!(ask().await.code(), Code::Unavailable);
    shutdown.start();
}

#[tokio::test]
async fn health_follows_readiness_and_needs_no_token() {
    use tonic_health::pb::{
        HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (readiness, shutdown) = (Readiness::new(), Shutdown::new());
    readiness.expect("postgres");
    let server =
        Server::new(Peers::new("user", []), ALLOW, readiness.clone()).add(UserServiceServer::new(Users));
    tokio::spawn(server.serve(listener, shutdown.clone()));
    let channel = tonic::transport::Channel::from_shared(url).unwrap().connect().await.unwrap();
    let mut watched =
        HealthClient::new(channel).watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    let mut until = async |wanted: ServingStatus| {
        let told = async { while watched.message().await.unwrap().expect("goes on").status() != wanted {} };
        tokio::time::timeout(Duration::from_secs(10), told).await.expect("told in time");
    };
    until(ServingStatus::NotServing).await;
    readiness.set("postgres", Ok(()));
    until(ServingStatus::Serving).await;
    readiness.set("postgres", Err("away".into()));
    until(ServingStatus::NotServing).await;
    shutdown.start();
}

#[tokio::test]
async fn calls_count_by_method_and_code_and_made_up_ones_together() {
    let metrics = streamly_telemetry::metrics().unwrap();
    let chat = SigningKey::generate().unwrap();
    let c = chat.jwk();
    let (shutdown, listener) = (Shutdown::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("http://{}", listener.local_addr().unwrap());
    let peers = Peers::new("user", [("chat", &c)]);
    let server = Server::new(peers, ALLOW, Readiness::of("counting")).add(UserServiceServer::new(Users));
    tokio::spawn(server.serve(listener, shutdown.clone()));
    let config = PeerConfig {
        deadline: streamly_config::Duration::from_millis(200),
        attempts: 1,
        ..PeerConfig::at(&url)
    };
    let peer = Peer::new(config, "user", Identity::new("chat", chat)).unwrap();
    peer.call(|t| async move { UserServiceClient::new(t).get_users(GetUsersRequest::default()).await })
        .await
        .unwrap();
    let late = peer.call(|t| async move {
        UserServiceClient::new(t).get_users_by_name(GetUsersByNameRequest::default()).await
    });
    assert!(late.await.is_err(), "it never answers");
    let channel = tonic::transport::Channel::from_shared(url).unwrap().connect().await.unwrap();
    // Nobody's token; and a method that nobody has.
    let mut stranger = UserServiceClient::new(channel.clone());
    assert_eq!(
        stranger.get_users(GetUsersRequest::default()).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    let mut other = streamly_proto::chat::v1::export_service_client::ExportServiceClient::new(channel);
    assert!(other.export_user(streamly_proto::chat::v1::ExportUserRequest::default()).await.is_err());

    let count = |method: &str, code: &str| {
        let line = format!(
            "streamly_rpc_requests_total{{service=\"counting\",method=\"{method}\",code=\"{code}\"}} "
        );
        metrics.render().lines().find_map(|l| l.strip_prefix(&line)?.parse::<u64>().ok())
    };
    let wanted = [
        ("UserService/GetUsers", "ok"),
        ("UserService/GetUsers", "unauthenticated"),
        ("other", "unauthenticated"),
        ("UserService/GetUsersByName", "deadline_exceeded"),
    ];
    let all = async {
        while wanted.iter().any(|(method, code)| count(method, code) != Some(1)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(10), all).await;
    assert!(told.is_ok(), "{}", metrics.render());
    shutdown.start();
}
