//! `deploy/config/make-secrets`: what it makes is what the services read.

use crate::services::Env;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};
use streamly_auth::{SigningKey, service};

/// Runs it into `folder`.
pub(crate) fn make(folder: &Path) {
    let done =
        Command::new("sh").arg(crate::path("deploy/config/make-secrets")).arg(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// The lines of an environment file.
pub(crate) fn env_file(text: &str) -> Env {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once('=').expect("NAME=value")).map(|(k, v)| (k.into(), v.into())).collect()
}

#[test]
fn a_second_run_changes_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let content = || {
        let mut files: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    make(folder.path());
    let first = content();
    make(folder.path());
    assert_eq!(first, content());
    assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_service_token_of_a_made_key_verifies_with_the_public_half_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    for (callee, callers) in [
        ("user", ["stream", "chat"].as_slice()),
        ("stream", &["ingest", "chat", "user", "operator"]),
        ("chat", &["stream", "user"]),
        ("ingest", &["stream", "ingest", "operator"]),
    ] {
        let env = env_file(&fs::read_to_string(folder.path().join(format!("{callee}.env"))).unwrap());
        let trust: Trust = streamly_config::load(callee, None, &env).unwrap();
        for caller in callers {
            let text = fs::read_to_string(folder.path().join(format!("service-{caller}.key"))).unwrap();
            let key = SigningKey::from_text(&text).unwrap();
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
            let token = service::sign(&key, caller, callee, now).unwrap();
            let said = trust.trust.peers(callee).verify(&token).unwrap();
            assert_eq!(said, *caller);
        }
        assert_eq!(trust.trust.peers.len(), callers.len(), "{callee} trusts nobody else");
    }
}

#[test]
fn a_rotation_adds_a_key_that_signs_later_and_keeps_the_one_that_signs() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let file = folder.path().join("access-tokens.key");
    let rotate = || {
        let script = crate::path("deploy/config/make-secrets");
        let done =
            Command::new("sh").arg(script).arg("--rotate-signing-key").arg(folder.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        streamly_auth::Ring::parse(&fs::read_to_string(&file).unwrap()).unwrap()
    };
    let first = streamly_auth::Ring::parse(&fs::read_to_string(&file).unwrap()).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let kid = first.signing(now).kid().to_owned();
    let rotated = rotate();
    assert_eq!(rotated.signing(now + 590).kid(), kid);
    assert_ne!(rotated.signing(now + 700).kid(), kid);
    assert_eq!(rotated.jwks(now).keys.len(), 2);
    assert_eq!(rotate().keys().count(), 2, "the oldest goes with the next one");
}

#[derive(Debug, serde::Deserialize)]
struct Trust {
    trust: streamly_rpc::TrustConfig,
}
