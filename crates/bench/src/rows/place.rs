//! Where a broadcast is sent and watched: the whole platform, ingest alone, or MediaMTX.

use crate::{
    process::{Cores, Process, dependent},
    rows,
    rows::Settings,
};
use anyhow::{Context, bail, ensure};
use serde_json::json;
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::process::Command;

/// All ports of a platform, to which the offset is added.
const PORTS: [u16; 7] = [1935, 1936, 3000, 8000, 8080, 8082, 8084];
pub(super) const PASSWORD: &str = "correct horse battery staple";
/// How long the peer may take to answer.
const START: Duration = Duration::from_secs(20);

/// A running server and its addresses.
pub(super) struct Place {
    pub(super) process: Option<Process>,
    pub(super) publish: String,
    pub(super) playback: String,
    /// The app's watch page.
    pub(super) page: Option<String>,
    /// The platform.
    pub(super) url: Option<String>,
}

impl Place {
    /// Waits until the broadcast has a playlist: players take a 404 for an answer.
    pub(super) async fn plays(&self) -> anyhow::Result<()> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let wait = async {
            while !client.get(&self.playback).send().await.is_ok_and(|answer| answer.status().is_success()) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(START, wait).await.with_context(|| format!("{} has no playlist", self.playback))
    }

    /// The channel's name.
    ///
    /// # Errors
    /// If there is no platform.
    pub(super) fn name(&self) -> anyhow::Result<&str> {
        let page = self.page.as_deref().context("no platform")?;
        page.rsplit('/').next().context("no channel")
    }

    /// Where the platform listens, on this machine.
    ///
    /// # Errors
    /// If there is no platform, or its URL has no port.
    pub(super) fn address(&self) -> anyhow::Result<SocketAddr> {
        let url = self.url.as_deref().context("no platform")?;
        let (_, port) = url.rsplit_once(':').context("a URL without a port")?;
        Ok(SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, port.parse()?)))
    }

    /// Stops what was started for it.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        match self.process {
            Some(process) => process.stop().await,
            None => Ok(()),
        }
    }
}

/// MediaMTX with parts of 0.2 s, which is its default.
pub(super) async fn mediamtx(program: &Path, folder: &Path) -> anyhow::Result<Place> {
    let (rtmp, http) = (free_address()?, free_address()?);
    let config = folder.join("mediamtx.yml");
    std::fs::write(
        &config,
        format!(
            "logLevel: warn\nrtsp: no\nwebrtc: no\nsrt: no\nmoq: no\nrtmp: yes\nrtmpAddress: {rtmp}\nhls: yes\nhlsAddress: {http}\n\
             hlsVariant: lowLatency\nhlsAlwaysRemux: yes\npaths:\n  all_others:\n"
        ),
    )?;
    let process = Process::spawn("MediaMTX", Command::new(program).arg(&config))
        .with_context(|| program.display().to_string())?;
    let wait = async {
        while tokio::net::TcpStream::connect(rtmp).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(START, wait).await.context("MediaMTX does not listen")?;
    Ok(Place {
        process: Some(process),
        publish: format!("rtmp://{rtmp}/live/glass"),
        playback: format!("http://{http}/live/glass/index.m3u8"),
        page: None,
        url: None,
    })
}

pub(super) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Ingest alone: no app, so only the bare page can be measured.
pub(super) async fn alone(ladder: &str) -> anyhow::Result<Place> {
    let (process, addresses) = rows::host(Cores::All, &["--ladder", ladder]).await?;
    Ok(Place {
        process: Some(process),
        publish: format!("rtmp://{}/live/glass", addresses.rtmp),
        playback: format!("http://{}/live/glass/index.m3u8", addresses.http),
        page: None,
        url: None,
    })
}

/// The whole platform, with a person and a stream key.
pub(super) async fn platform(settings: &Settings, folder: &Path) -> anyhow::Result<Place> {
    platform_with(settings, folder, &[]).await
}

/// The same, with more of an environment where it is started.
pub(super) async fn platform_with(
    settings: &Settings,
    folder: &Path,
    env: &[(&str, &str)],
) -> anyhow::Result<Place> {
    let env: Vec<_> = env.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let (process, url) = match &settings.url {
        Some(url) => (None, url.trim_end_matches('/').to_owned()),
        None => {
            let (process, url) = launch(settings, &folder.join("platform"), &[], &env).await?;
            (Some(process), url)
        }
    };
    let person = person(&url).await?;
    Ok(Place {
        process,
        publish: person.publish,
        playback: person.playback,
        page: Some(format!("{url}/{}", person.name)),
        url: Some(url),
    })
}

/// Somebody with a channel.
pub(super) struct Person {
    name: String,
    publish: String,
    playback: String,
}

impl Person {
    /// Where RTMP goes, and the stream key.
    pub(super) fn target(&self) -> anyhow::Result<(SocketAddr, String)> {
        target(&self.publish)
    }
}

/// Address and key of `rtmp://address/app/key`.
pub(super) fn target(publish: &str) -> anyhow::Result<(SocketAddr, String)> {
    let rest = publish.strip_prefix("rtmp://").context("no RTMP address")?;
    let (address, path) = rest.split_once('/').context("no application")?;
    let (_, key) = path.split_once('/').context("no key")?;
    let address = address.replace("localhost", "127.0.0.1");
    let address = if address.contains(':') { address } else { format!("{address}:1935") };
    Ok((address.parse()?, key.to_owned()))
}

/// Registers a person; their name and an access token.
pub(super) async fn register(client: &reqwest::Client, url: &str) -> anyhow::Result<(String, String)> {
    let name = format!("glass_{}", &uuid::Uuid::now_v7().simple().to_string()[20..]);
    let person = json!({"username": name, "email": format!("{name}@example.org"), "password": PASSWORD});
    let registered = post(client.post(format!("{url}/api/auth/register")).json(&person)).await?;
    let token = registered["access_token"].as_str().context("no access token")?;
    Ok((name, token.to_owned()))
}

/// Registers a person and makes a stream key.
pub(super) async fn person(url: &str) -> anyhow::Result<Person> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let (name, token) = register(&client, url).await?;
    let key =
        client.post(format!("{url}/api/streams/keys")).bearer_auth(&token).json(&json!({"name": "bench"}));
    let key = post(key).await?;
    let text = |field: &str| key[field].as_str().map(str::to_owned).with_context(|| format!("no {field}"));
    let playback = text("playback_url")?;
    let playback = if playback.starts_with('/') { format!("{url}{playback}") } else { playback };
    Ok(Person { name, publish: text("stream_url")?, playback })
}

async fn post(request: reqwest::RequestBuilder) -> anyhow::Result<serde_json::Value> {
    let response = request.send().await?;
    let (status, path) = (response.status(), response.url().path().to_owned());
    let body = response.text().await?;
    ensure!(status.is_success(), "{path}: {status} {body}");
    Ok(serde_json::from_str(&body)?)
}

/// The platform's program.
pub(super) fn program(settings: &Settings) -> anyhow::Result<PathBuf> {
    Ok(match &settings.platform {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("streamly"),
    })
}

/// The launcher with its data in a folder that is made, more arguments and more of an environment; and the platform's URL.
pub(super) async fn launch(
    settings: &Settings,
    data: &Path,
    args: &[&str],
    env: &[(&str, String)],
) -> anyhow::Result<(Process, String)> {
    let program = program(settings)?;
    // The private servers drop to a user who must be able to go through the folders.
    std::fs::create_dir_all(data)?;
    for open in [data.parent(), Some(data)].into_iter().flatten() {
        std::fs::set_permissions(open, std::fs::Permissions::from_mode(0o755))?;
    }
    let mut command = dependent(&program, "TERM");
    command
        .arg("up")
        .args(args)
        .env("STREAMLY_DATA_DIR", data)
        .env("STREAMLY_PORT_OFFSET", free_offset()?.to_string())
        .env("STREAMLY_RATE_LIMITS", "off")
        .envs(env.iter().map(|(name, value)| (name, value)));
    let mut process =
        Process::spawn("the platform", &mut command).with_context(|| program.display().to_string())?;
    loop {
        let line = process.line().await?;
        if let Some(url) = line.trim().strip_prefix("Streamly is ready: ") {
            let url = url.trim_end_matches('/').to_owned();
            return Ok((process, url));
        }
    }
}

/// An offset on whose ports nothing answers.
fn free_offset() -> anyhow::Result<u16> {
    for offset in (1..=9).rev().map(|hundreds| hundreds * 100) {
        if PORTS.iter().all(|port| TcpStream::connect(("127.0.0.1", port + offset)).is_err()) {
            return Ok(offset);
        }
    }
    bail!("no free port offset")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_url_is_an_address_and_a_key() {
        let (address, key) = target("rtmp://localhost:2835/live/sk_abc").unwrap();
        assert_eq!((address.to_string().as_str(), key.as_str()), ("127.0.0.1:2835", "sk_abc"));
        assert_eq!(target("rtmp://127.0.0.1/live/k").unwrap().0.port(), 1935);
        assert!(target("http://127.0.0.1/live/k").is_err());
    }
}
