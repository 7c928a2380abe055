//! What is recorded of a call, and of whom it is believed which trace it belongs to.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use actix_web::{
    App, HttpResponse,
    middleware::from_fn,
    test,
    web::{self, Data},
};
use std::net::SocketAddr;
use streamly_http::{Follows, Problem, Traced, defaults, request_id};
use streamly_status::Code;
use streamly_telemetry::{
    TracingConfig,
    trace::{Span, Traces},
};
use streamly_testkit::traces::{Seen, TraceReceiver};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CAUSE: &str = "00f067aa0ba902b7";

/// What arrives after calls to an application that follows these, from addresses, each with the same header.
async fn calls(follows: Follows, peers: &[&str]) -> Vec<Seen> {
    let receiver = TraceReceiver::start().await.unwrap();
    let settings =
        TracingConfig { otlp_endpoint: receiver.url(), sample_ratio: 1.0, ..TracingConfig::default() };
    let traces = Traces::start(&settings, "test", "1").unwrap();
    let well = || async {
        assert!(Span::current().is_recorded());
        HttpResponse::Ok().finish()
    };
    let silent = || async {
        assert!(!Span::current().is_recorded());
        HttpResponse::Ok().finish()
    };
    let app = App::new()
        .wrap(from_fn(request_id))
        .app_data(Data::new(Traced::new(traces.clone(), follows)))
        .route("/health", web::get().to(silent))
        .route("/live/b/{broadcast}", web::get().to(silent))
        .route("/things/{id}", web::get().to(well))
        .route("/away", web::get().to(|| async { Err::<HttpResponse, _>(Problem::new(Code::Unavailable)) }))
        .configure(defaults);
    let app = test::init_service(app).await;
    for (number, peer) in peers.iter().enumerate() {
        let peer: SocketAddr = peer.parse().unwrap();
        for path in ["/things/7?token=secret", "/away", "/health", "/live/b/1", "/nothing"] {
            let asked = test::TestRequest::get()
                .uri(path)
                .peer_addr(peer)
                .insert_header(("traceparent", format!("00-{TRACE}-{CAUSE}-01")))
                .insert_header(("x-request-id", format!("number-{number}")))
                .insert_header(("authorization", "Bearer secret"));
            let _ = test::try_call_service(&app, asked.to_request()).await;
        }
    }
    let all = receiver.until("two spans a peer", |all| all.len() >= 2 * peers.len()).await.unwrap();
    traces.close().await;
    assert_eq!(receiver.spans().len(), all.len(), "{all:?}");
    all
}

#[actix_web::test]
async fn a_call_is_named_by_its_route_and_nothing_that_was_sent_is_in_it() {
    let all = calls(Follows::Nobody, &["127.0.0.1:5"]).await;
    let found = |name: &str| all.iter().find(|span| span.name == name).unwrap();
    let (well, away) = (found("GET /things/{id}"), found("GET /away"));
    assert!(well.is_server && !well.failed && away.failed);
    assert_eq!(well.attribute("http.route"), "/things/{id}");
    assert_eq!(well.attribute("http.response.status_code"), "200");
    assert_eq!(well.attribute("streamly.request_id"), "number-0");
    assert_eq!((away.attribute("error.type"), away.attribute("http.response.status_code")), ("503", "503"));
    for span in &all {
        assert!(span.parent.is_empty() && span.trace != TRACE, "a stranger says what is recorded: {span:?}");
        assert!(!span.raw.contains("secret"), "{span:?}");
    }
}

#[actix_web::test]
async fn a_cause_is_believed_of_this_machine_and_of_proxies_alone() {
    let proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let all = calls(Follows::Proxies(proxies), &["127.0.0.1:5", "10.1.2.3:5", "203.0.113.9:5"]).await;
    for span in all {
        let believed = span.attribute("streamly.request_id") != "number-2";
        assert_eq!(span.trace == TRACE, believed, "{span:?}");
        assert_eq!(span.parent, if believed { CAUSE } else { "" }, "{span:?}");
    }
}
