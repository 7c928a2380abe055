//! Starting: all problems at once, a taken port by its name, and patience with what is not there yet.

use crate::harness::until;
use std::time::Duration;
use streamly_auth::SigningKey;
use streamly_config::Secret;
use streamly_http::StartError;
use streamly_lifecycle::Shutdown;
use streamly_stream::{Config, Service};

fn config() -> Config {
    let any = ([127, 0, 0, 1], 0).into();
    let mut config = Config { http: any, grpc: any, admin: any, ..Config::default() };
    config.trust.key = Some(Secret::new(SigningKey::generate().unwrap().to_text()));
    config.key_pepper = Some(Secret::new("a pepper of the test's own"));
    config.key_sealing = Some(Secret::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    config.postgres.host = "/nonexistent".into();
    config.redis.url = "redis+unix:///nonexistent/redis.sock".into();
    config.jwks_url = "http://127.0.0.1:1/none".into();
    config
}

#[tokio::test]
async fn all_problems_of_the_settings_are_told_at_once() {
    let mut bad = Config { key_sealing: Some(Secret::new("short")), ..Config::default() };
    bad.user.url = "not a url".into();
    bad.notices.vapid_key = Some(Secret::new("AAAA"));
    bad.keep_broadcasts = streamly_config::Duration::from_secs(86_400);
    let Err(error) = Service::bind(bad) else { panic!("started") };
    assert_eq!(error.exit_code(), 64);
    let StartError::Settings { problems, .. } = error else { panic!("{error}") };
    for what in ["key_pepper", "key_sealing", "trust.key", "user.url", "keep_refusals", "notices.vapid_key"] {
        assert!(problems.iter().any(|p| p.contains(what)), "{what}: {problems:?}");
    }
}

#[tokio::test]
async fn event_streams_in_whose_queue_nothing_could_wait_are_refused() {
    let Err(error) = Service::bind(Config { event_backlog: 0, ..config() }) else { panic!("started") };
    assert_eq!(error.exit_code(), 64);
    let StartError::Settings { problems, .. } = error else { panic!("{error}") };
    assert!(problems.iter().any(|p| p.contains("event_backlog")), "{problems:?}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let Err(error) = Service::bind(Config { grpc: taken.local_addr().unwrap(), ..config() }) else {
        panic!("started")
    };
    assert_eq!(error.exit_code(), 69);
    assert!(error.to_string().contains("stream grpc"), "{error}");
}

#[tokio::test]
async fn without_its_dependencies_it_waits_names_them_and_still_stops() {
    let service = Service::bind(config()).unwrap();
    let (at, shutdown) = (service.addresses(), Shutdown::new());
    let serving = tokio::spawn(service.serve(shutdown.clone()));
    let http = reqwest::Client::new();
    let ask = async |url: String| match http.get(url).send().await {
        Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap()),
        Err(_) => (0, String::new()),
    };
    until("named", || async {
        let (status, text) = ask(format!("http://{}/health", at.admin)).await;
        status == 503 && text.contains("postgres") && text.contains("redis") && text.contains("jwks")
    })
    .await;
    assert_eq!(ask(format!("http://{}/health", at.http)).await.0, 503);
    assert_eq!(ask(format!("http://{}/health/ready", at.admin)).await.0, 503);
    assert_eq!(ask(format!("http://{}/health/live", at.admin)).await.0, 200);
    let (status, document) = ask(format!("http://{}/api/streams/openapi.json", at.http)).await;
    assert!(status == 200 && document.contains("/api/streams/keys/{id}/rotate"));
    shutdown.start();
    tokio::time::timeout(Duration::from_secs(4), serving).await.expect("stops in time").unwrap().unwrap();
}
