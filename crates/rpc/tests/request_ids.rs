//! The id of the request that a call was made for goes along with it, and is that of what the call causes.

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
use streamly_telemetry::request;
use tonic::{Request, Response, Status};

const ALLOW: Allow = &[("chat", "/streamly.user.v1.UserService/")];

/// Says which request it serves.
struct Users;
#[tonic::async_trait]
impl UserService for Users {
    async fn get_users(&self, _: Request<GetUsersRequest>) -> Result<Response<GetUsersResponse>, Status> {
        Err(Status::not_found(request::current().unwrap_or_default()))
    }
    async fn get_users_by_name(
        &self,
        _: Request<GetUsersByNameRequest>,
    ) -> Result<Response<GetUsersResponse>, Status> {
        Err(Status::unimplemented("names"))
    }
    async fn send_live_notices(
        &self,
        _: Request<SendLiveNoticesRequest>,
    ) -> Result<Response<SendLiveNoticesResponse>, Status> {
        Err(Status::unimplemented("mails of live channels"))
    }
}

#[tokio::test]
async fn a_call_is_served_under_the_id_of_the_request_that_made_it() {
    let key = SigningKey::generate().unwrap();
    let (jwk, shutdown) = (key.jwk(), Shutdown::new());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::new(Peers::new("user", [("chat", &jwk)]), ALLOW, Readiness::new())
        .add(UserServiceServer::new(Users));
    tokio::spawn(server.serve(listener, shutdown.clone()));
    let peer = Peer::new(PeerConfig::at(url), "user", Identity::new("chat", key)).unwrap();
    let served = || async {
        let get = |t: Transport| async move {
            UserServiceClient::new(t).get_users(GetUsersRequest::default()).await
        };
        peer.call(get).await.unwrap_err().message().to_owned()
    };
    assert_eq!(served().await, "", "for nobody's request");
    assert_eq!(request::scope("0198c0de-1".to_owned(), served()).await, "0198c0de-1");
    // An id that somebody made up to spoil a log is left out, and the call is made all the same.
    assert_eq!(request::scope("a b".to_owned(), served()).await, "");
    assert_eq!(request::scope("a\nb".to_owned(), served()).await, "");
    shutdown.start();
}
