//! The program itself: what it says and how it exits when it cannot start.

use std::{net::TcpListener, process::Command};
use streamly_auth::SigningKey;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_streamly-ingest"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

#[test]
fn all_problems_of_the_configuration_are_told_at_once() {
    let output = program()
        .env("STREAMLY_INGEST__PRESET", "placebo")
        .env("STREAMLY_INGEST__NODE_ID", "")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(64), "{said}");
    for word in ["preset", "node_id", "trust.key"] {
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = program()
        .env("STREAMLY_INGEST__TRUST__KEY", SigningKey::generate().unwrap().to_text())
        .env("STREAMLY_INGEST__RTMP__BIND", &address)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains(&address) && said.contains("RTMP"), "{said}");
}
