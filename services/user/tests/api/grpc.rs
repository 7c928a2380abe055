//! `streamly.user.v1.UserService`.

use crate::app::TestApp;
use serde_json::json;
use std::collections::BTreeMap;
use streamly_proto::user::v1::{
    GetUsersByNameRequest, GetUsersRequest, GetUsersResponse, user_service_client::UserServiceClient,
};
use streamly_rpc::Peer;
use tonic::Code;

async fn by_ids(peer: &Peer, ids: Vec<String>) -> Result<GetUsersResponse, Code> {
    let request = GetUsersRequest { ids };
    peer.call(|t| {
        let request = request.clone();
        async move { UserServiceClient::new(t).get_users(request).await }
    })
    .await
    .map_err(|s| s.code())
}

async fn by_names(peer: &Peer, usernames: Vec<String>) -> Result<GetUsersResponse, Code> {
    let request = GetUsersByNameRequest { usernames };
    peer.call(|t| {
        let request = request.clone();
        async move { UserServiceClient::new(t).get_users_by_name(request).await }
    })
    .await
    .map_err(|s| s.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn users_come_in_batches_by_id_and_by_name() {
    let app = TestApp::spawn().await;
    let ada = app.register("Ada").await.body["user"]["id"].as_str().unwrap().to_owned();
    let grace = app.register("grace").await.body["user"]["id"].as_str().unwrap().to_owned();
    app.sql("UPDATE users SET suspended_at = now() WHERE username = 'grace'");
    let stream = app.peer("stream");
    let unknown = uuid::Uuid::now_v7().to_string();
    let mut users =
        by_ids(&stream, vec![grace.clone(), unknown, "junk".into(), ada.clone()]).await.unwrap().users;
    users.sort_by(|a, b| a.username.cmp(&b.username));
    assert_eq!(users.iter().map(|u| &u.id).collect::<Vec<_>>(), [&ada, &grace]);
    assert_eq!((users[0].display_name.as_str(), users[0].suspended), ("Ada", false));
    assert!(users[1].suspended);
    assert!(users[0].created_at_ms > 1_700_000_000_000);
    let named = by_names(&app.peer("chat"), vec!["ADA".into(), "nobody".into(), "?".into()]).await.unwrap();
    assert_eq!(named.users, users[..1]);
    assert_eq!(by_ids(&stream, vec![]).await.unwrap().users, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn platform_role_and_proof_of_the_address_are_told_to_services_and_to_their_owner_alone() {
    let app = TestApp::spawn().await;
    let (ada, grace) = (app.register("ada").await, app.register("grace").await);
    for fresh in [&ada, &grace] {
        let user = &fresh.body["user"];
        assert_eq!((&user["platform_role"], &user["email_verified"]), (&json!("user"), &json!(false)));
    }
    app.sql("UPDATE users SET role = 'admin', email_verified_at = now() WHERE username = 'ada'");
    let me = app.me(ada.access()).await.body;
    assert_eq!(
        (&me["user"]["platform_role"], &me["user"]["email_verified"]),
        (&json!("admin"), &json!(true))
    );
    let named =
        by_names(&app.peer("stream"), vec!["ada".into(), "grace".into()]).await.unwrap().users.into_iter();
    let standing: BTreeMap<_, _> = named.map(|u| (u.username, (u.platform_role, u.email_verified))).collect();
    assert_eq!(standing["ada"], ("admin".to_owned(), true));
    assert_eq!(standing["grace"], ("user".to_owned(), false));
    let profile = app.get("/api/users/ada").await.body;
    assert!(profile.get("platform_role").is_none() && profile.get("email_verified").is_none(), "{profile}");
    // A refreshed sign-in reads the same columns.
    let refreshed = app.refresh(&ada.token()).await.body;
    assert_eq!(refreshed["user"]["platform_role"], "admin");
    let database = &app.config.postgres.database;
    assert!(app.postgres.execute(database, "UPDATE users SET role = 'king'").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_over_a_hundred_and_a_peer_without_leave_are_refused() {
    let app = TestApp::spawn().await;
    let stream = app.peer("stream");
    assert!(by_ids(&stream, vec![String::new(); 100]).await.is_ok());
    assert_eq!(by_ids(&stream, vec![String::new(); 101]).await, Err(Code::InvalidArgument));
    assert_eq!(by_names(&stream, vec!["ada".into(); 101]).await, Err(Code::InvalidArgument));
    assert_eq!(by_ids(&app.peer("web"), vec![]).await, Err(Code::PermissionDenied));
}
