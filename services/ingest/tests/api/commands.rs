//! What `stream` may command over gRPC, and nobody else.

use crate::app::{TestApp, send, tags};
use streamly_auth::SigningKey;
use streamly_proto::ingest::v1::{
    DrainRequest, EndBroadcastRequest, ListBroadcastsRequest, ingest_service_client::IngestServiceClient,
};
use streamly_rpc::{Identity, Peer, PeerConfig};
use tonic::Code;

fn peer(app: &TestApp, key: SigningKey) -> Peer {
    let url = format!("http://{}", app.addresses.grpc);
    Peer::new(PeerConfig::at(url), "ingest", Identity::new("stream", key)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stream_lists_ends_and_drains() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    app.text("/live/ada/index.m3u8").await;
    let stream = peer(&app, app.stream_key.clone());
    let list = || {
        stream.call(
            |t| async move { IngestServiceClient::new(t).list_broadcasts(ListBroadcastsRequest {}).await },
        )
    };
    let listed = list().await.unwrap().broadcasts;
    assert_eq!((listed[0].username.as_str(), listed[0].state.as_str()), ("ada", "live"));
    let end = |id: String| {
        let request = EndBroadcastRequest { broadcast_id: id, reason: "owner_ended".into() };
        let stream = stream.clone();
        async move {
            stream
                .call(|t| {
                    let request = request.clone();
                    async move { IngestServiceClient::new(t).end_broadcast(request).await }
                })
                .await
        }
    };
    end(listed[0].broadcast_id.clone()).await.unwrap();
    end(listed[0].broadcast_id.clone()).await.expect("idempotent");
    assert_eq!(end("nothing".into()).await.unwrap_err().code(), Code::NotFound);
    assert!(sent.await.unwrap().1.is_err());
    assert_eq!(app.stream.ended("ended").await.code, "owner_ended");
    assert!(list().await.unwrap().broadcasts.is_empty());
    let drained = stream
        .call(|t| async move { IngestServiceClient::new(t).drain(DrainRequest {}).await })
        .await
        .unwrap();
    assert_eq!(drained.running, 0);
    assert!(app.publish("sk_ada").await.is_err(), "no new publisher while draining");
}

#[tokio::test]
async fn a_stranger_commands_nothing() {
    let app = TestApp::spawn().await;
    let stranger = peer(&app, SigningKey::generate().unwrap());
    let refused = stranger
        .call(|t| async move { IngestServiceClient::new(t).list_broadcasts(ListBroadcastsRequest {}).await })
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
}
