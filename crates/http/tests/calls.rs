//! What `/metrics` says of calls: by pattern and class, whatever answered them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use actix_web::{
    App, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    test,
    web::{self, Data},
};
use streamly_http::{Calls, Problem, defaults, request_id};
use streamly_status::Code;

/// As a deadline that has passed: an error, and no answer of the route.
async fn in_time(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if request.path().ends_with("slow") {
        return Err(Problem::new(Code::Unavailable).into());
    }
    next.call(request).await
}

#[actix_web::test]
async fn calls_count_by_their_pattern_and_probes_do_not() {
    let metrics = streamly_telemetry::metrics().unwrap();
    let well = || async { HttpResponse::Ok().finish() };
    let app = App::new()
        .wrap(from_fn(in_time))
        .wrap(from_fn(request_id))
        .app_data(Data::new(Calls::of("test")))
        .route("/health", web::get().to(well))
        .service(web::scope("/things").route("/{id}", web::get().to(well)))
        .configure(defaults);
    let app = test::init_service(app).await;
    for path in ["/health", "/things/1", "/things/2", "/things/slow", "/nothing/4", "/things/1/2"] {
        // An error is an answer by now.
        let _ = test::try_call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
    }
    let odd = test::TestRequest::with_uri("/things/3").method("BREW".parse().unwrap());
    let _ = test::try_call_service(&app, odd.to_request()).await;

    let text = metrics.render();
    let counted: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("streamly_http_requests_total{service=\"test\","))
        .collect();
    let count = |method: &str, route: &str, status: &str| {
        let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"}} ");
        counted.iter().find_map(|line| line.strip_prefix(&labels)).map(|n| n.parse::<u64>().unwrap())
    };
    assert_eq!(count("GET", "/things/{id}", "2xx"), Some(2), "{counted:?}");
    assert_eq!(count("GET", "/things/{id}", "5xx"), Some(1), "{counted:?}");
    assert_eq!(count("GET", "none", "4xx"), Some(2), "{counted:?}");
    assert_eq!(count("other", "/things/{id}", "4xx"), Some(1), "{counted:?}");
    assert_eq!(counted.len(), 4, "{counted:?}");
    let times = text.lines().find(|l| {
        l.starts_with("streamly_http_request_seconds_count{service=\"test\",route=\"/things/{id}\"}")
            && l.ends_with(" 4")
    });
    assert!(times.is_some(), "{text}");
}
