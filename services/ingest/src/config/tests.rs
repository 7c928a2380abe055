//! What cannot be used is told, all of it at once, and what can be is read.

use super::*;

#[test]
fn the_defaults_can_be_used() {
    assert_eq!(Config::default().problems(), Vec::<String>::new());
}

#[test]
fn every_problem_is_told_at_once() {
    let config = Config {
        ladder: vec!["481p".into()],
        preset: "placebo".into(),
        node_id: String::new(),
        transcode_budget: -1.0,
        ..Config::default()
    };
    assert_eq!(config.problems().len(), 4);
}

#[test]
fn an_address_of_this_node_that_nobody_could_call_is_told() {
    for (origin_url, grpc_url) in
        [("http", "http"), ("httpx://10.0.0.5", "http://ingest-0:9000"), ("", "http://10.0.0.5")]
    {
        let config = Config { origin_url: origin_url.into(), grpc_url: grpc_url.into(), ..Config::default() };
        let problems = config.problems();
        let said = |key: &str| problems.iter().any(|problem| problem.starts_with(key));
        assert!(said("origin_url: ") && said("grpc_url: "), "{origin_url} {grpc_url}: {problems:?}");
    }
}

#[test]
fn waits_beyond_their_bounds_are_told_by_key() {
    let mut config = Config::default();
    config.requests.body_timeout = Duration::from_secs(0);
    config.grpc_patience.greeting = Duration::from_secs(3600);
    let problems = config.problems();
    let told = ["requests.body_timeout: is not 1s to 1h", "grpc_patience.greeting: is not 1s to 1m"];
    assert_eq!(problems, told);
}

#[test]
fn limits_that_no_publisher_fits_in_are_told() {
    let mut config = Config::default();
    config.rtmp.limits.max_unauthorized = ByteSize::new(100);
    config.rtmp.limits.max_half_open = ByteSize::new(1 << 20);
    config.rtmps.bind = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    config.rtmps.key_file = Some("key".into());
    let problems = config.problems();
    let named = ["max_unauthorized", "max_half_open", "cert_file and key_file go together"];
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(named.iter().all(|name| problems.iter().any(|problem| problem.contains(name))), "{problems:?}");
}

#[test]
fn a_limit_of_the_environment_reaches_the_connection() {
    let env = [("STREAMLY_INGEST__RTMP__LIMITS__MAX_COMMAND_MESSAGE".to_owned(), "8 KiB".to_owned())].into();
    let config: Config = streamly_config::load("ingest", None, &env).expect("loads");
    assert_eq!(config.rtmp.limits.of_connection().max_command_message, 8 << 10);
}

#[test]
fn nested_keys_come_from_the_environment() {
    let env = [("STREAMLY_INGEST__RTMP__BIND".to_owned(), "127.0.0.1:2935".to_owned())].into();
    let config: Config = streamly_config::load("ingest", None, &env).expect("loads");
    assert_eq!(config.rtmp.bind.port(), 2935);
}

#[test]
fn a_budget_of_cores_may_have_a_fraction_wherever_it_is_given() {
    let load = |file: Option<&str>, text: Option<&str>| {
        let name = || "STREAMLY_INGEST__TRANSCODE_BUDGET".to_owned();
        let env = text.map(|text| (name(), text.to_owned())).into_iter().collect();
        streamly_config::load::<Config>("ingest", file, &env).map(|config| config.transcode_budget)
    };
    assert_eq!(load(Some("transcode_budget = 3.5"), None).expect("a fraction"), 3.5);
    assert_eq!(load(Some("transcode_budget = 3"), None).expect("whole"), 3.0);
    assert_eq!(load(None, Some("3.5")).expect("a fraction"), 3.5);
    assert_eq!(load(None, Some("3")).expect("whole"), 3.0);
    let wrong = load(None, Some("three")).expect_err("no number").to_string();
    assert!(wrong.contains("transcode_budget") && wrong.contains("not a number such as 3.5"), "{wrong}");
}
