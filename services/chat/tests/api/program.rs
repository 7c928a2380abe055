//! The program itself: exit statuses with everything that is wrong, and a clean stop.

use std::{
    net::TcpListener,
    process::{Command, Output},
};
use streamly_auth::SigningKey;

fn run(env: &[(&str, &str)]) -> Output {
    let key = SigningKey::generate().unwrap().to_text();
    let mut command = Command::new(env!("CARGO_BIN_EXE_streamly-chat"));
    command.env_clear().env("STREAMLY_CHAT__TRUST__KEY", &key);
    for port in ["HTTP", "REST", "GRPC", "ADMIN"] {
        command.env(format!("STREAMLY_CHAT__{port}"), "127.0.0.1:0");
    }
    for (name, value) in env {
        command.env(format!("STREAMLY_CHAT__{name}"), value);
    }
    command.output().unwrap()
}

#[test]
fn a_taken_port_is_named_with_status_69() {
    for (setting, name) in [("HTTP", "WebSocket"), ("REST", "REST"), ("GRPC", "gRPC"), ("ADMIN", "admin")] {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let out = run(&[(setting, &address)]);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(69), "{said}");
        assert!(said.contains(name) && said.contains(&address), "{said}");
    }
}

#[test]
fn settings_that_do_not_parse_are_all_named_with_status_64() {
    let out = run(&[
        ("HTTP", "nowhere"),
        ("LIMITS__MAX_ROOMS", "many"),
        ("NO_SUCH", "1"),
        ("LIMITS__DRAIN", "soon"),
    ]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(64), "{said}");
    for key in ["http", "max_rooms", "no_such", "drain"] {
        assert!(said.to_lowercase().contains(key), "{key}: {said}");
    }
}

#[test]
fn settings_that_cannot_be_are_all_named_with_status_64() {
    let out = run(&[
        ("TRUST__KEY", "not a key"),
        ("STREAM__URL", "not a url"),
        ("LIMITS__MAX_ROOMS", "0"),
        ("LIMITS__DRAIN", "10s"),
        ("LIMITS__HISTORY_MAX", "100000"),
        ("LIMITS__MAX_TEXT", "255 KiB"),
        ("LIMITS__QUEUE_BYTES", "550 KiB"),
        ("REDIS__URL", "nonsense"),
    ]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(64), "{said}");
    for key in [
        "trust.key",
        "stream.url",
        "limits.max_rooms",
        "limits.drain",
        "limits.history_max",
        "limits.max_joined",
        "limits.queue_bytes",
        "redis",
    ] {
        assert!(said.contains(key), "{key}: {said}");
    }
}
