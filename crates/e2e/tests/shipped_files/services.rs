//! What each service makes of an environment: its settings, the addresses it would listen on, and whether it starts.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

/// Names and values.
pub(crate) type Env = BTreeMap<String, String>;

/// All services.
pub(crate) const SERVICES: [&str; 5] = ["user", "stream", "chat", "ingest", "web"];

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Names of listeners and their addresses.
pub(crate) type Listeners = BTreeMap<&'static str, SocketAddr>;

macro_rules! service {
    ($name:literal, $krate:ident, $env:expr, $($listener:literal: $($field:ident).+),+) => {{
        let mut config: $krate::Config = streamly_config::load($name, None, $env).map_err(|e| e.to_string())?;
        let listeners = Listeners::from([$(($listener, config.$($field).+)),+]);
        $(config.$($field).+ = ANY;)+
        (listeners, $krate::Service::bind(config).map(drop).map_err(|e| e.to_string()))
    }};
}

fn try_out(service: &str, env: &Env) -> Result<(Listeners, Result<(), String>), String> {
    Ok(match service {
        "user" => service!("user", streamly_user, env, "http": http, "grpc": grpc, "admin": admin),
        "stream" => service!("stream", streamly_stream, env, "http": http, "grpc": grpc, "admin": admin),
        "chat" => {
            service!("chat", streamly_chat, env, "http": http, "rest": rest, "grpc": grpc, "admin": admin)
        }
        "ingest" => {
            // RTMPS listens only where it is told to.
            let loaded: streamly_ingest::Config =
                streamly_config::load("ingest", None, env).map_err(|e| e.to_string())?;
            let mut env = env.clone();
            if loaded.rtmps.bind.is_some() {
                env.insert("STREAMLY_INGEST__RTMPS__BIND".into(), ANY.to_string());
            }
            let (mut listeners, started) = service!(
                "ingest", streamly_ingest, &env,
                "rtmp": rtmp.bind, "http": http, "grpc": grpc, "admin": admin
            );
            listeners.extend(loaded.rtmps.bind.map(|address| ("rtmps", address)));
            (listeners, started)
        }
        "web" => service!("web", streamly_web, env, "http": http, "admin": admin),
        _ => return Err(format!("{service} is no service")),
    })
}

/// Loads the configuration; where it would listen. Errors: every problem of the names and values.
pub(crate) fn listeners(service: &str, env: &Env) -> Result<Listeners, String> {
    try_out(service, env).map(|(listeners, _)| listeners)
}

/// Takes ports as the service does at its start, secrets and keys read; connects to nothing. Needs a tokio runtime.
pub(crate) fn start(service: &str, env: &Env) -> Result<(), String> {
    try_out(service, env)?.1
}

/// How long an ingest needs from SIGTERM to its end: it drains, gives its rewind away, says goodbye, joins its tasks.
pub(crate) fn ingest_stops_in(env: &Env) -> std::time::Duration {
    let config: streamly_ingest::Config = streamly_config::load("ingest", None, env).unwrap();
    config.drain.get() + config.rewind_drain.get() + std::time::Duration::from_secs(3)
}

/// Cores that an ingest's transcode workers may use; 0: by the machine.
pub(crate) fn transcode_budget(env: &Env) -> f64 {
    let config: streamly_ingest::Config = streamly_config::load("ingest", None, env).unwrap();
    config.transcode_budget
}

/// Most connections to PostgreSQL of one process of a service, by default.
pub(crate) fn connections(service: &str) -> usize {
    let env = Env::new();
    let postgres = match service {
        "user" => streamly_config::load::<streamly_user::Config>(service, None, &env).unwrap().postgres,
        "stream" => streamly_config::load::<streamly_stream::Config>(service, None, &env).unwrap().postgres,
        "chat" => streamly_config::load::<streamly_chat::Config>(service, None, &env).unwrap().postgres,
        _ => panic!("{service} has no database"),
    };
    postgres.max_connections
}

/// Where an ingest keeps what viewers go back to, and how many bytes of it at most. It has to have a place.
pub(crate) fn rewind(env: &Env) -> (std::path::PathBuf, u64) {
    let config: streamly_ingest::Config = streamly_config::load("ingest", None, env).unwrap();
    assert!(!config.rewind.get().is_zero(), "viewers can go back");
    (config.rewind_dir.expect("a rewind_dir"), config.rewind_bytes.bytes())
}

/// Where a service keeps pictures: its folder, and its bucket.
pub(crate) fn pictures(service: &str, env: &Env) -> (Option<std::path::PathBuf>, Option<String>) {
    let storage = match service {
        "stream" => streamly_config::load::<streamly_stream::Config>(service, None, env).unwrap().storage,
        "chat" => streamly_config::load::<streamly_chat::Config>(service, None, env).unwrap().storage,
        _ => panic!("{service} has no pictures"),
    };
    (storage.dir, storage.bucket)
}

/// `host` and `port` of a URL with both; none for other texts.
pub(crate) fn host_and_port(url: &str) -> Option<(&str, u16)> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let (host, port) = authority.rsplit_once(':')?;
    Some((host, port.parse().ok()?))
}

/// Every name must be a setting of this service: a stray one would be ignored silently.
pub(crate) fn assert_own_names(service: &str, env: &Env) {
    let prefix = format!("STREAMLY_{}__", service.to_uppercase());
    for name in env.keys() {
        assert!(name.starts_with(&prefix), "{service} does not read {name}");
    }
}

/// The services that `env` names as peers or stores: setting, host, port.
pub(crate) fn calls(env: &Env) -> Vec<(String, String, u16)> {
    let own = |name: &str| {
        name.ends_with("PUBLIC_URL") || name.ends_with("ORIGIN_URL") || name.ends_with("GRPC_URL")
    };
    let mut calls: Vec<_> = env
        .iter()
        .filter(|(name, _)| !own(name))
        .filter_map(|(name, value)| host_and_port(value).map(|(h, p)| (name.clone(), h.to_owned(), p)))
        .collect();
    let host = env.iter().filter(|(name, _)| name.ends_with("__POSTGRES__HOST"));
    calls.extend(host.map(|(name, value)| (name.clone(), value.clone(), 5432)));
    calls
}

/// The port of a service in docs/ARCHITECTURE.md.
pub(crate) fn documented_port(service: &str) -> u16 {
    let text = crate::text("docs/ARCHITECTURE.md");
    let ports = text.split("## Ports").nth(1).expect("there is a section on ports");
    let after = ports.split_once(&format!("{service} ")).expect("the service has a port").1;
    after.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()).expect("a number")
}

#[tokio::test]
async fn the_defaults_listen_on_the_documented_ports() {
    for service in SERVICES {
        let listeners = listeners(service, &Env::new()).unwrap();
        let http = documented_port(service);
        assert_eq!(listeners["http"].port(), http, "{service}");
        assert_eq!(listeners["admin"].port(), http + 2000, "{service}");
        assert!(listeners["admin"].ip().is_loopback(), "{service}: the admin listener is for this machine");
        if let Some(grpc) = listeners.get("grpc") {
            assert_eq!(grpc.port(), http + 1000, "{service}");
        }
    }
}
