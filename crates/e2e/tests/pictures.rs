//! Pictures where the disk has no room for them: what does not fit is refused in plain words, and what was there is there.

use anyhow::{Context, Result, ensure};
use reqwest::{Method, header::RETRY_AFTER};
use serde_json::{Value, json};
use std::process::Command;
use streamly_e2e::{Person, Platform, cramped::Cramped};

const AVATAR: &str = "/api/streams/me/avatar";
const EMOTES: &str = "/api/chat/rooms/ada/emotes";
/// A picture that takes next to nothing, by ffmpeg's filters.
const RED: &str = "color=c=red:s=64x64";
const BLUE: &str = "color=c=blue:s=64x64";
/// One that nothing makes small: larger than the whole disk, also as an emote.
const NOISE: &str = "color=c=gray:s=256x256,format=gbrp,noise=alls=100";
/// The same, as large as an emote is.
const SMALL_NOISE: &str = "color=c=gray:s=112x112,format=gbrp,noise=alls=100";

/// As PNG.
fn picture(filters: &str) -> Result<Vec<u8>> {
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", filters, "-frames:v", "1"])
        .args(["-f", "image2pipe", "-c:v", "png", "-"])
        .output()
        .context("ffmpeg")?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(made.stdout)
}

/// Somebody's uploads to one process.
struct Uploads<'a> {
    platform: &'a Platform,
    to: Cramped,
    who: &'a Person,
    method: Method,
}

impl Uploads<'_> {
    async fn send(&self, path: &str, filters: &str) -> Result<reqwest::Response> {
        let asked = self.platform.http.request(self.method.clone(), self.to.url(path));
        Ok(asked.bearer_auth(&self.who.token).body(picture(filters)?).send().await?)
    }

    /// It is taken: where its bytes are.
    async fn taken(&self, path: &str, filters: &str) -> Result<String> {
        let answer = self.send(path, filters).await?;
        ensure!(answer.status().is_success(), "{path}: {} {}", answer.status(), answer.text().await?);
        let body: Value = answer.json().await?;
        Ok(body["url"].as_str().with_context(|| format!("no url in {body}"))?.to_owned())
    }

    /// There is no room for it.
    async fn refused(&self, path: &str, filters: &str) -> Result<()> {
        let answer = self.send(path, filters).await?;
        let (status, again) = (answer.status(), answer.headers().contains_key(RETRY_AFTER));
        let problem: Value = answer.json().await?;
        ensure!((status.as_u16(), &problem["code"]) == (503, &json!("unavailable")), "{status} {problem}");
        let said = problem["detail"].as_str().unwrap_or_default();
        ensure!(again && said.contains("Pictures cannot be kept"), "{again} {problem}");
        Ok(())
    }

    async fn get(&self, path: &str) -> Result<reqwest::Response> {
        let answer = self.platform.http.get(self.to.url(path)).send().await?;
        Ok(answer.error_for_status()?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_folder_of_pictures_refuses_what_has_no_room_and_loses_nothing() -> Result<()> {
    let platform = Platform::start(&["--processes"]).await?;
    let ada = platform.register("ada").await?;
    platform.stream_key(&ada).await?;

    let (to, method) = (Cramped::start(&platform, "stream").await?, Method::PUT);
    let stream = Uploads { platform: &platform, to, who: &ada, method };
    let avatar = async || {
        let channel: Value = stream.get("/api/streams/ada").await?.json().await?;
        anyhow::Ok(channel["avatar_url"].clone())
    };
    let first = stream.taken(AVATAR, RED).await?;
    stream.refused(AVATAR, NOISE).await?;
    ensure!(avatar().await? == first.as_str(), "the channel shows what it showed");
    ensure!(!stream.get(&first).await?.bytes().await?.is_empty(), "and it is there");
    // Nothing is left of the attempt that would take the room of a small one.
    let second = stream.taken(AVATAR, BLUE).await?;
    ensure!(avatar().await? == second.as_str(), "another one is shown");

    let (to, method) = (Cramped::start(&platform, "chat").await?, Method::POST);
    let chat = Uploads { platform: &platform, to, who: &ada, method };
    let first = chat.taken(&format!("{EMOTES}?name=first"), RED).await?;
    chat.refused(&format!("{EMOTES}?name=second"), SMALL_NOISE).await?;
    ensure!(!chat.get(&first).await?.bytes().await?.is_empty(), "the first one is there");
    chat.taken(&format!("{EMOTES}?name=third"), BLUE).await?;
    let all: Value = chat.get(EMOTES).await?.json().await?;
    let emotes = all["channel"].as_array().context("the channel's emotes")?;
    let names: Vec<&Value> = emotes.iter().map(|one| &one["name"]).collect();
    ensure!(names == [&json!("first"), &json!("third")], "no name without a picture: {names:?}");
    Ok(())
}
