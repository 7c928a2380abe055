//! `deploy/docker`: stages, ports and health check against the services.

use crate::{
    path,
    services::{self, Env, SERVICES},
    text,
};
use std::process::Command;
use streamly_lifecycle::{Readiness, Shutdown};

#[tokio::test]
async fn every_service_has_a_stage_with_its_ports_that_ends_without_root() {
    let file = text("deploy/docker/Dockerfile");
    for service in SERVICES {
        let stage = file
            .split(&format!("FROM runtime AS {service}\n"))
            .nth(1)
            .expect("a stage")
            .split("\nFROM ")
            .next()
            .unwrap();
        let ports = stage.lines().find_map(|l| l.strip_prefix("EXPOSE ")).expect("ports");
        let mut exposed: Vec<u16> = ports.split(' ').map(|p| p.parse().unwrap()).collect();
        let listeners = services::listeners(service, &Env::new()).unwrap();
        let mut listened: Vec<u16> = listeners.values().map(std::net::SocketAddr::port).collect();
        if service == "ingest" {
            // Off by default, on wherever the image runs.
            listened.push(1936);
        }
        exposed.sort_unstable();
        listened.sort_unstable();
        assert_eq!(exposed, listened, "{service}");
        let check = format!("CMD [\"/usr/local/bin/healthy\", \"{}\"]", listeners["admin"].port());
        assert!(stage.contains(&check), "{service}: the health check asks the admin listener");
        assert!(stage.contains(&format!("ENTRYPOINT [\"/usr/local/bin/streamly-{service}\"]")), "{service}");
        let title = format!("LABEL org.opencontainers.image.title=streamly-{service}\n");
        assert!(stage.contains(&title), "{service} does not say what it is");
        let user = stage.lines().rfind(|l| l.starts_with("USER "));
        assert!(user.is_none_or(|l| l == "USER 10001:10001"), "{service} runs as {user:?}");
    }
    assert!(file.contains("AS runtime") && file.contains("\nUSER 10001:10001\n"));
}

#[test]
fn others_code_is_compiled_for_the_same_programs_before_ours_is_copied() {
    let file = text("deploy/docker/Dockerfile");
    let build = file.split("\nFROM chef AS build\n").nth(1).expect("a stage");
    let build = build.split("\nFROM ").next().unwrap();
    let place = |what: &str| build.find(what).unwrap_or_else(|| panic!("{what}: {build}"));
    let packages = |what: &str| {
        let line = build[place(what)..].lines().next().unwrap();
        line.split(" -p ").skip(1).collect::<Vec<_>>()
    };
    let (cook, compile) = ("cargo chef cook ", "cargo build ");
    assert!(place(cook) < place("COPY . .") && place("COPY . .") < place(compile));
    // Other packages would have other features, and all of it would be compiled again.
    assert_eq!(packages(cook), packages(compile));
    assert_eq!(packages(compile).len(), SERVICES.len() + 1, "the services and the operator's program");
    let toolchain = text("rust-toolchain.toml");
    let version =
        toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap().trim_matches('"');
    assert!(file.contains(&format!("FROM rust:{version}-bookworm AS chef\n")), "{version}");
    assert!(file.contains(&format!("ENV RUSTUP_TOOLCHAIN={version}\n")), "{version}");
}

#[test]
fn ingest_has_what_its_encoders_need_of_the_system() {
    let file = text("deploy/docker/Dockerfile");
    let stage = file.split("FROM runtime AS ingest\n").nth(1).expect("a stage");
    // What `scripts/packages` installs for the same on a machine, and drivers.
    let packages = text("scripts/packages");
    let named = packages.split_whitespace().filter(|word| word.starts_with("gstreamer1.0-plugins-"));
    let named: Vec<&str> = named.collect();
    assert_eq!(named.len(), 4, "{named:?}");
    let others = ["gstreamer1.0-libav", "gstreamer1.0-vaapi", "mesa-va-drivers", "intel-media-va-driver"];
    for package in named.into_iter().chain(others) {
        assert!(stage.contains(package), "{package} is not in the image");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_health_check_says_what_the_admin_listener_says() {
    let (readiness, shutdown) = (Readiness::new(), Shutdown::new());
    readiness.expect("something");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let metrics = streamly_telemetry::metrics().unwrap();
    let serving =
        tokio::spawn(streamly_http::serve_admin(listener, readiness.clone(), metrics, shutdown.clone()));
    let healthy = move || {
        Command::new("bash").arg(path("deploy/docker/healthy")).arg(port.to_string()).output().unwrap().status
    };

    assert!(!tokio::task::spawn_blocking(healthy).await.unwrap().success(), "not ready yet");
    readiness.set("something", Ok(()));
    assert!(tokio::task::spawn_blocking(healthy).await.unwrap().success(), "ready");
    for probe in ["/health/live", "/health/ready"] {
        let answer = reqwest::get(format!("http://127.0.0.1:{port}{probe}")).await.unwrap();
        assert_eq!(answer.status(), 200, "{probe}");
    }
    shutdown.start();
    serving.await.unwrap().unwrap();
    assert!(!tokio::task::spawn_blocking(healthy).await.unwrap().success(), "gone");
}
