//! The demo channel: a moving test picture with clock and tone, published over RTMP like any encoder's, by GStreamer in a child process.
//!
//! The account `demo` is made by `user` from the password file; here it signs in, takes its stream key (kept in the secrets) and
//! publishes until the stop, starting again when the publisher ends.

use crate::{
    secrets::Secrets,
    settings::{RTMP, STREAM, Settings, USER},
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{process::Stdio, time::Duration};
use streamly_lifecycle::Shutdown;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
};

const KEY: &str = "demo-stream-key";
/// Most bytes of the publisher's complaints that are read.
const MAX_SAID: u64 = 4096;
const PASSWORD: &str = "demo-password";

/// Publishes the test picture.
pub(crate) struct Publisher {
    secrets: Secrets,
    user: String,
    stream: String,
    server: String,
}

impl Publisher {
    pub(crate) fn new(settings: &Settings, secrets: &Secrets) -> Self {
        Self {
            secrets: secrets.clone(),
            user: format!("http://127.0.0.1:{}", settings.port(USER)),
            stream: format!("http://127.0.0.1:{}", settings.port(STREAM)),
            server: format!("rtmp://127.0.0.1:{}/live", settings.port(RTMP)),
        }
    }

    /// Until the stop.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        loop {
            let outcome = tokio::select! {
                () = shutdown.started() => return,
                outcome = self.publish(&shutdown) => outcome,
            };
            if shutdown.is_started() {
                return;
            }
            tracing::warn!(outcome = ?outcome.err().map(|e| format!("{e:#}")), "the demo publisher ended and is started again");
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(Duration::from_secs(2)) => {}
            }
        }
    }

    async fn publish(&self, shutdown: &Shutdown) -> Result<()> {
        let key = match self.secrets.read(KEY) {
            Some(key) => key,
            None => self.make_key().await?,
        };
        let mut child = start(&format!("{}/{key}", self.server)).await?;
        let mut said = String::new();
        let mut stderr = child.stderr.take().context("the test picture has no stderr")?.take(MAX_SAID);
        tokio::select! {
            status = async { let _ = stderr.read_to_string(&mut said).await; child.wait().await } => {
                let status = status?;
                if !status.success() {
                    tracing::warn!(%status, said = said.trim(), "the test picture ended");
                    // The key may have been deleted on the dashboard: take a new one next time.
                    let _ = self.secrets.forget(KEY);
                }
                Ok(())
            }
            () = shutdown.started() => { child.kill().await?; Ok(()) }
        }
    }

    async fn make_key(&self) -> Result<String> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
        let password = self.secrets.read(PASSWORD).context("the demo account's password is not there")?;
        let login: Value = client
            .post(format!("{}/api/auth/login", self.user))
            .json(&json!({"login": "demo", "password": password}))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let token = login["access_token"].as_str().context("no access token")?;
        let made: Value = client
            .post(format!("{}/api/streams/keys", self.stream))
            .bearer_auth(token)
            .json(&json!({"name": "Test picture"}))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let _ = client
            .patch(format!("{}/api/streams/me", self.stream))
            .bearer_auth(token)
            .json(&json!({"title": "Test picture with clock and tone"}))
            .send()
            .await;
        let key = made["key"].as_str().context("no key")?;
        self.secrets.write(KEY, key)?;
        Ok(key.to_owned())
    }
}

/// This binary's own `test-picture`; the address, which carries the key, goes by its stdin, where nobody else can read it.
async fn start(location: &str) -> Result<Child> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("test-picture")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    // Held open by the publisher's own read: it ends when this process does.
    let stdin = child.stdin.as_mut().context("the test picture has no stdin")?;
    stdin.write_all(format!("{location}\n").as_bytes()).await?;
    stdin.flush().await?;
    Ok(child)
}
