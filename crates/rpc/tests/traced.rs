//! A call between two services is two spans of one trace, whether it succeeds; and strangers at the door get none.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::net::TcpListener;
use streamly_auth::{SigningKey, service::Peers};
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_proto::user::v1::{
    GetUsersByNameRequest, GetUsersRequest, GetUsersResponse, SendLiveNoticesRequest,
    SendLiveNoticesResponse,
    user_service_client::UserServiceClient,
    user_service_server::{UserService, UserServiceServer},
};
use streamly_rpc::{Allow, Identity, Peer, PeerConfig, Server, Transport};
use streamly_telemetry::{
    TracingConfig,
    trace::{Span, Traces},
};
use streamly_testkit::traces::{Seen, TraceReceiver};
use tonic::{Code, Request, Response, Status};

const ALLOW: Allow = &[("chat", "/streamly.user.v1.UserService/")];
const GET: &str = "streamly.user.v1.UserService/GetUsers";
const BY_NAME: &str = "streamly.user.v1.UserService/GetUsersByName";

struct Users;
#[tonic::async_trait]
impl UserService for Users {
    async fn get_users(&self, _: Request<GetUsersRequest>) -> Result<Response<GetUsersResponse>, Status> {
        // What it does is below the call.
        drop(Span::current().client(|| "SELECT users".into()));
        Ok(Response::new(GetUsersResponse::default()))
    }
    async fn get_users_by_name(
        &self,
        _: Request<GetUsersByNameRequest>,
    ) -> Result<Response<GetUsersResponse>, Status> {
        Err(Status::not_found("a name that somebody typed"))
    }
    async fn send_live_notices(
        &self,
        _: Request<SendLiveNoticesRequest>,
    ) -> Result<Response<SendLiveNoticesResponse>, Status> {
        Err(Status::unimplemented("mails of live channels"))
    }
}

fn traces(receiver: &TraceReceiver, service: &'static str) -> Traces {
    let settings =
        TracingConfig { otlp_endpoint: receiver.url(), sample_ratio: 1.0, ..TracingConfig::default() };
    Traces::start(&settings, service, "1").unwrap()
}

#[tokio::test]
async fn a_call_is_a_span_at_both_ends_and_a_refused_one_only_at_who_asks() {
    let receiver = TraceReceiver::start().await.unwrap();
    let (at_chat, at_user) = (traces(&receiver, "chat"), traces(&receiver, "user"));
    let (chat, web) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let (c, w) = (chat.jwk(), web.jwk());
    let shutdown = Shutdown::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::new(Peers::new("user", [("chat", &c), ("web", &w)]), ALLOW, Readiness::new())
        .add(UserServiceServer::new(Users))
        .traced(at_user.clone());
    tokio::spawn(server.serve(listener, shutdown.clone()));
    let peer = |name, key| Peer::new(PeerConfig::at(&url), "user", Identity::new(name, key)).unwrap();
    let (known, refused) = (peer("chat", chat), peer("web", web));

    let cause = at_chat.server(|| "GET /rooms".into(), None);
    let asked = async {
        let get = |t: Transport| async move {
            UserServiceClient::new(t).get_users(GetUsersRequest::default()).await
        };
        known.call(get).await.unwrap();
        let by_name = |t: Transport| async move {
            UserServiceClient::new(t).get_users_by_name(GetUsersByNameRequest::default()).await
        };
        assert_eq!(known.call(by_name).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(refused.call(get).await.unwrap_err().code(), Code::PermissionDenied);
    };
    cause.clone().scope(asked).await;
    cause.end();
    let all = receiver.until("all of it", |all| all.len() >= 7).await.unwrap();
    at_chat.close().await;
    at_user.close().await;
    assert_eq!(receiver.spans().len(), 7, "{all:?}");
    shutdown.start();

    let first = all.iter().find(|span| span.parent.is_empty()).unwrap();
    let below = |parent: &Seen, name: &str| {
        let found = all.iter().find(|span| span.parent == parent.id && span.name == name);
        found.unwrap_or_else(|| panic!("no {name} below {parent:?}")).clone()
    };
    let client = below(first, GET);
    assert!(client.is_client && !client.failed && client.service == "chat");
    let server = below(&client, GET);
    assert!(server.is_server && server.service == "user" && server.attribute("streamly.caller") == "chat");
    assert_eq!(server.attribute("rpc.method"), "GetUsers");
    assert_eq!(server.attribute("rpc.grpc.status_code"), "0");
    below(&server, "SELECT users");
    let client = below(first, BY_NAME);
    let server = below(&client, BY_NAME);
    for span in [client, server] {
        assert!(span.failed, "{span:?}");
        assert_eq!((span.attribute("error.type"), span.attribute("rpc.grpc.status_code")), ("NotFound", "5"));
    }
    assert!(all.iter().all(|span| span.trace == first.trace));
    let denied: Vec<_> = all.iter().filter(|s| s.attribute("error.type") == "PermissionDenied").collect();
    assert!(denied.len() == 1 && denied[0].service == "chat", "{denied:?}");
    for span in &all {
        assert!(!span.raw.contains("typed") && !span.raw.contains("Bearer"), "{span:?}");
    }
}
