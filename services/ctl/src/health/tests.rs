//! What health makes of answers; nobody is asked here but a port that nobody has.

use super::*;
use streamly_auth::SigningKey;

fn check(state: State) -> Check {
    Check::of("stream", state, String::new())
}

fn identity() -> Identity {
    Identity::new("operator", SigningKey::generate().unwrap())
}

#[test]
fn one_that_is_not_well_is_an_outage_and_one_that_is_not_asked_is_none() {
    for well in [State::Ok, State::Draining, State::NotAsked] {
        assert_eq!(status(&[check(State::Ok), check(well)]), 0, "{well:?}");
    }
    for ill in [State::NotServing, State::NoAnswer, State::NotKnown] {
        assert_eq!(status(&[check(State::Ok), check(ill)]), 69, "{ill:?}");
    }
}

#[test]
fn a_node_is_named_and_a_service_that_was_not_asked_took_no_time() {
    let node = Check {
        node: Some("ingest-1".into()),
        took: Some(Duration::from_millis(12)),
        at: "http://10.0.0.5:9000".into(),
        ..Check::of("ingest", State::Ok, String::new())
    };
    let user = Check::of("user", State::NotAsked, "STREAMLY_CTL__USER__URL is not set".into());
    let checks = [node, user];
    assert_eq!(
        lines(&checks, false),
        [
            "SERVICE          STATE      TOOK   AT                    DETAIL",
            "ingest ingest-1  ok         12 ms  http://10.0.0.5:9000  -",
            "user             not asked  -      -                     STREAMLY_CTL__USER__URL is not set",
        ]
    );
    let read: Vec<Value> =
        lines(&checks, true).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((read[0]["took_ms"].as_u64(), read[0]["node_id"].as_str()), (Some(12), Some("ingest-1")));
    assert!(read[1]["took_ms"].is_null() && read[1]["state"] == "not asked" && read[1]["is_well"] == true);
}

#[tokio::test]
async fn a_service_without_an_address_is_not_asked_and_one_where_nobody_is_gives_no_answer() {
    let none = service("chat", None, &identity()).await;
    assert_eq!((none.state, none.detail.as_str()), (State::NotAsked, "STREAMLY_CTL__CHAT__URL is not set"));
    assert_eq!(web(None, Duration::from_secs(1)).await.state, State::NotAsked);
    // Bound and closed again: the port is nobody's.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let away = service("chat", Some(&PeerConfig::at(&url)), &identity()).await;
    assert_eq!((away.state, away.at.as_str()), (State::NoAnswer, url.as_str()));
    assert!(away.took.is_some() && !away.detail.is_empty());
    assert_eq!(web(Some(&url), Duration::from_secs(1)).await.state, State::NoAnswer);
}

#[tokio::test]
async fn a_node_elsewhere_is_not_called_and_not_well_and_one_without_an_address_is_not_asked() {
    let told = |grpc_url: &str| IngestNode {
        node_id: "ingest-1".into(),
        grpc_url: grpc_url.into(),
        ..Default::default()
    };
    let (config, identity) = (Config::default(), identity());
    let outside = node(&told("http://169.254.169.254:80"), &config, &identity).await;
    assert_eq!((outside.state, outside.took), (State::NotKnown, None));
    let without = node(&told(""), &config, &identity).await;
    assert_eq!((without.state, without.node.as_deref()), (State::NotAsked, Some("ingest-1")));
}
