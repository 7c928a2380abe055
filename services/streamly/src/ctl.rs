//! `streamly ctl`: the operator's commands to the platform of this data folder, with the key that `up` has made.

use crate::{
    Failure,
    plan::OPERATOR,
    secrets::Secrets,
    settings::{CHAT, GRPC, STREAM, Settings, USER, WEB},
};
use anyhow::Context;
use std::process::ExitCode;
use streamly_config::EXIT_UNAVAILABLE;
use streamly_ctl::{Command, Config};
use streamly_rpc::{PeerConfig, TrustConfig};

pub(crate) async fn run(command: Command) -> Result<ExitCode, Failure> {
    let config = if command.needs_a_platform() { Some(config()?) } else { None };
    streamly_ctl::run(config, command).await.map_err(|e| Failure::new(e.exit_code(), e))
}

/// Errors: nothing has run with this data folder yet.
fn config() -> Result<Config, Failure> {
    let settings = Settings::from_env(streamly_config::process_env())?;
    let key = settings.data.join("secrets").join(format!("service-{OPERATOR}.key"));
    if !key.is_file() {
        let data = settings.data.display();
        let cause = anyhow::anyhow!(
            "no platform has run with the data folder {data}: start it with `streamly up`, or name another in STREAMLY_DATA_DIR"
        );
        return Err(Failure::new(EXIT_UNAVAILABLE, cause));
    }
    let (key_file, _) = Secrets::open(&settings.data)?
        .signing_key(&format!("service-{OPERATOR}.key"))
        .context("the operator's key")?;
    let grpc = |base: u16| PeerConfig::at(format!("http://127.0.0.1:{}", settings.port(base + GRPC)));
    Ok(Config {
        trust: TrustConfig { key_file: Some(key_file), ..TrustConfig::default() },
        stream: grpc(STREAM),
        user: Some(grpc(USER)),
        chat: Some(grpc(CHAT)),
        web: Some(format!("http://127.0.0.1:{}/health", settings.port(WEB))),
        ..Config::default()
    })
}
