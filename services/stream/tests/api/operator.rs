//! What an operator sees and does by gRPC: lists, ends, keys. Only with the operator's key, and whatever the visibility of a channel.

use crate::harness::{LONG, TestApp};
use serde_json::json;
use streamly_proto::stream::v1::{
    EndBroadcastRequest, ListBroadcastsRequest, ListKeysRequest, ListMembersRequest, ListNodesRequest,
    LiveBroadcast, RevokeKeysRequest, State, channel_service_client::ChannelServiceClient,
    end_broadcast_request::Which, operator_service_client::OperatorServiceClient,
};
use streamly_rpc::{Transport, code_of};
use streamly_status::Code;
use tokio::time::timeout;
use tonic::Status;

fn operator(app: &TestApp) -> OperatorServiceClient<Transport> {
    OperatorServiceClient::new(app.operator.streaming())
}

async fn live(app: &TestApp) -> Vec<LiveBroadcast> {
    let answer = operator(app).list_broadcasts(ListBroadcastsRequest::default()).await.unwrap();
    answer.into_inner().broadcasts
}

async fn end(app: &TestApp, which: Which) -> Result<String, Status> {
    let request = EndBroadcastRequest { which: Some(which) };
    let answer = timeout(LONG, operator(app).end_broadcast(request)).await.unwrap();
    answer.map(|answer| answer.into_inner().broadcast_id)
}

async fn revoke(app: &TestApp, name: &str, key: &str) -> Result<(u32, String), Status> {
    let request = RevokeKeysRequest { username: name.into(), key_id: key.into() };
    let answer = timeout(LONG, operator(app).revoke_keys(request)).await.unwrap();
    answer.map(|answer| answer.into_inner()).map(|a| (a.revoked, a.broadcast_id))
}

async fn keys(app: &TestApp, name: &str) -> Vec<(String, String)> {
    let request = ListKeysRequest { username: name.into() };
    let listed = operator(app).list_keys(request).await.unwrap().into_inner().keys;
    listed.into_iter().map(|key| (key.key_id, key.name)).collect()
}

#[tokio::test]
async fn what_is_on_air_is_listed_whatever_its_visibility_and_who_has_it() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    assert!(live(&app).await.is_empty());
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"visibility":"private"}"#)).await.0, 200);
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live_at("n1", "http://10.0.0.5:9000", &permit).await;
    app.index_says(&format!("health:{}", permit.channel_id), "source").await;
    let [on_air] = &live(&app).await[..] else { panic!("one broadcast") };
    assert_eq!(on_air.broadcast_id, permit.broadcast_id);
    assert_eq!((on_air.username.as_str(), on_air.visibility.as_str()), ("ada", "private"));
    assert_eq!((on_air.state(), on_air.node_id.as_str(), on_air.test), (State::Live, "n1", false));
    assert_eq!(on_air.video_bitrate_bps, 2_500_000);
    let source = &on_air.renditions[0];
    assert_eq!((source.name.as_str(), source.width, source.height), ("source", 1280, 720));

    let nodes = operator(&app).list_nodes(ListNodesRequest {}).await.unwrap().into_inner().nodes;
    let [node] = &nodes[..] else { panic!("one node: {nodes:?}") };
    assert_eq!((node.node_id.as_str(), node.broadcasts, node.draining), ("n1", 1, false));
    assert_eq!(node.grpc_url, "http://10.0.0.5:9000");
    app.stop().await;
}

#[tokio::test]
async fn more_than_a_page_is_listed_once_each_newest_first() {
    let app = TestApp::spawn().await;
    app.crowd(120, 0).await;
    let (mut cursor, mut all) = (String::new(), Vec::new());
    loop {
        let request = ListBroadcastsRequest { cursor };
        let page = operator(&app).list_broadcasts(request).await.unwrap().into_inner();
        assert!(!page.broadcasts.is_empty() && page.broadcasts.len() <= 50);
        all.extend(page.broadcasts.into_iter().map(|b| b.broadcast_id));
        cursor = page.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    let mut sorted = all.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!(all.len(), 120);
    assert_eq!(all, sorted);
    let wrong = ListBroadcastsRequest { cursor: "nonsense".into() };
    let refused = operator(&app).list_broadcasts(wrong).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    app.stop().await;
}

#[tokio::test]
async fn an_end_reaches_the_node_by_name_and_by_id_and_is_told_as_the_operators() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    for by_name in [true, false] {
        let permit = app.permit(&ada.key, "n1").await;
        let mut node = app.live("n1", &permit).await;
        let which = match by_name {
            true => Which::Username("ada".into()),
            false => Which::BroadcastId(permit.broadcast_id.clone()),
        };
        assert_eq!(end(&app, which).await.unwrap(), permit.broadcast_id);
        let (id, _, reason) = node.end().await;
        assert_eq!((id, reason.as_str()), (permit.broadcast_id.clone(), "operator_ended"));
        assert!(live(&app).await.is_empty());
        app.relayed().await;
        let told = app.facts("stream.ended", &permit.channel_id).await;
        assert_eq!(told.last().unwrap()["how"], json!("operator_ended"), "{told:?}");
        // What has ended is not ended again.
        for which in [Which::Username("ada".into()), Which::BroadcastId(permit.broadcast_id.clone())] {
            let refused = end(&app, which).await.unwrap_err();
            assert_eq!(code_of(&refused), Some(Code::ChannelOffline));
        }
    }
    let refused = end(&app, Which::Username("nobody".into())).await.unwrap_err();
    assert_eq!(code_of(&refused), Some(Code::ChannelNotFound));
    for id in ["nonsense", "01890a5d-ac96-774b-bcce-b302099a8057"] {
        let refused = end(&app, Which::BroadcastId(id.into())).await.unwrap_err();
        assert_eq!(code_of(&refused), Some(Code::BroadcastNotFound), "{id}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_revoked_key_ends_its_broadcast_and_others_keys_are_out_of_reach() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let made = app.post("keys", &ada.token, r#"{"name":"spare"}"#).await;
    assert_eq!(made.0, 201, "{}", made.1);
    let spare = made.1["key"].as_str().unwrap().to_owned();
    let listed = keys(&app, "ada").await;
    assert_eq!(listed.len(), 2);
    let id_of = |name: &str| listed.iter().find(|(_, n)| n == name).unwrap().0.clone();

    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    // The key of somebody else's channel is none of this one's.
    let refused = revoke(&app, "bob", &id_of("spare")).await.unwrap_err();
    assert_eq!(code_of(&refused), Some(Code::KeyNotFound));
    // A key that is not in use takes nothing off the air; twice is as once.
    assert_eq!(revoke(&app, "ada", &id_of("spare")).await.unwrap(), (1, String::new()));
    assert_eq!(revoke(&app, "ada", &id_of("spare")).await.unwrap(), (0, String::new()));
    assert_eq!(app.refusal(&spare, "n1").await.code, "key_revoked");
    assert_eq!(live(&app).await.len(), 1);

    assert_eq!(revoke(&app, "ada", "").await.unwrap(), (1, permit.broadcast_id.clone()));
    let (id, _, reason) = node.end().await;
    assert_eq!((id, reason.as_str()), (permit.broadcast_id.clone(), "key_revoked"));
    assert!(keys(&app, "ada").await.is_empty());
    assert_eq!(app.refusal(&ada.key, "n1").await.code, "key_revoked");
    assert_eq!(revoke(&app, "ada", "").await.unwrap(), (0, String::new()));
    app.permit(&bob.key, "n1").await;
    for (name, key, code) in [("nobody", "", Code::ChannelNotFound), ("ada", "nonsense", Code::KeyNotFound)] {
        assert_eq!(code_of(&revoke(&app, name, key).await.unwrap_err()), Some(code), "{name} {key}");
    }
    app.stop().await;
}

#[tokio::test]
async fn nobody_but_the_operator_may_and_the_operator_may_nothing_else() {
    let app = TestApp::spawn().await;
    for peer in [&app.chat, &app.ingest, &app.user] {
        let mut client = OperatorServiceClient::new(peer.streaming());
        let refused = client.list_nodes(ListNodesRequest {}).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    }
    let mut channels = ChannelServiceClient::new(app.operator.streaming());
    let refused = channels.list_members(ListMembersRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    app.stop().await;
}
