//! The way between two services is cut, and nothing else: what does not need it goes on as if nothing were, what needs it waits or is refused in
//! plain words, and once the way is there again everything is as before, by itself.
//!
//! All services are processes of a fleet; what they are told about those ways leads to proxies.

use anyhow::{Context, Result, ensure};
use reqwest::{Client, header::RETRY_AFTER};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use streamly_e2e::{
    people::{self, PASSWORD},
    platform, playback,
    publish::publish,
    viewer::Viewer,
};
use streamly_testkit::{
    fleet::{Fleet, Links},
    toxic::{Proxy, Toxic},
};

const EDGES: usize = 2;
const SECOND: Duration = Duration::from_secs(1);
/// From the first frame to "live".
const COME: Duration = Duration::from_secs(20);
/// The longest that a viewer may wait for what comes next, with ten processes beside.
const LONGEST: Duration = Duration::from_secs(5);
/// From the moment when the way is there again until everything is as before: ingest comes again after five seconds and a bit at most.
const HEALED: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_is_cut_costs_what_needs_it_and_nothing_else_and_heals() -> Result<()> {
    let (fleet, links) = Fleet::start_linked(&platform::binary()?, EDGES).await?;
    let done = Box::pin(cut_and_healed(&fleet, &links)).await;
    done.with_context(|| format!("instances said:\n{}", fleet.said()))
}

async fn cut_and_healed(fleet: &Fleet, links: &Links) -> Result<()> {
    let http = Client::builder().no_proxy().build()?;
    let origin = fleet.url("");
    let ada = people::register(&http, &origin, "ada").await?;
    let bob = people::register(&http, &origin, "bob").await?;
    let bobs_key = people::stream_key(&http, &origin, &bob).await?;
    // Past the balancer, which leads nobody to a node that could not ask.
    let ingest = fleet.instances().iter().find(|instance| instance.service() == "ingest");
    let ingest = ingest.and_then(|node| node.address("RTMP__BIND")).context("no ingest")?;
    let adas = publish(ingest, &people::stream_key(&http, &origin, &ada).await?).await?;
    let before = people::on_air(&http, &origin, "ada", COME).await?;
    let variants = playback::variants(&http, &fleet.url("/live/ada/index.m3u8")).await?;
    let source = variants.iter().find(|variant| variant.name == "source").context("no source")?;
    let mut viewer = Viewer::join(&http, &source.url).await?;
    view(&mut viewer, SECOND).await?;

    without_accounts(&http, &origin, links, &mut viewer).await?;
    without_permits(fleet, links, (ingest, bobs_key), &mut viewer).await?;

    ensure!(!adas.is_finished(), "the publisher was cut off");
    let after = people::on_air(&http, &origin, "ada", HEALED).await?;
    ensure!(after == before, "another broadcast: {after} after {before}");
    people::on_air(&http, &origin, "bob", COME).await?;
    view(&mut viewer, 2 * SECOND).await?;
    adas.abort();
    Ok(())
}

/// From web to user: who signs in is told so, and when to come again.
async fn without_accounts(http: &Client, origin: &str, links: &Links, viewer: &mut Viewer) -> Result<()> {
    ensure!(sign_in(http, origin).await?.0 == 200, "it is there");
    cut(&links.web_user);
    let (status, again, problem) = sign_in(http, origin).await?;
    ensure!((status, &problem["code"]) == (502, &json!("bad_gateway")), "{status} {problem}");
    let said = problem["detail"].as_str().unwrap_or_default();
    ensure!(again && !said.is_empty(), "when to come again: {again}; {problem}");
    // Whose accounts they are stream knows by a way of its own.
    ensure!(people::stream(http, origin, "ada").await?["state"] == "live", "channels are shown");
    view(viewer, 2 * SECOND).await.context("without accounts")?;
    links.web_user.set(Toxic::None);
    let since = Instant::now();
    while sign_in(http, origin).await?.0 != 200 {
        ensure!(since.elapsed() < HEALED, "nobody can sign in {HEALED:?} later");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// From ingest to stream: who is on air stays there, who comes waits and then is.
async fn without_permits(
    fleet: &Fleet,
    links: &Links,
    (ingest, key): (SocketAddr, String),
    viewer: &mut Viewer,
) -> Result<()> {
    cut(&links.ingest_stream);
    nodes_take(fleet, false).await?;
    let waiting = tokio::spawn(async move { publish(ingest, &key).await });
    view(viewer, 3 * SECOND).await.context("without permits")?;
    ensure!(!waiting.is_finished(), "a publish was answered by a node that could ask nobody");
    links.ingest_stream.set(Toxic::None);
    // The socket that waited is the one that is accepted. It goes on for as long as its handle is not aborted.
    let _goes_on = tokio::time::timeout(HEALED, waiting).await.context("the publish waits for ever")???;
    nodes_take(fleet, true).await
}

/// Nothing passes on that way any more.
fn cut(way: &Proxy) {
    way.set(Toxic::Refuse);
    way.cut();
}

/// Waits until every node of ingest says whether it takes publishers.
async fn nodes_take(fleet: &Fleet, wanted: bool) -> Result<()> {
    let since = Instant::now();
    let is_so = || {
        let mut nodes = fleet.instances().iter().filter(|instance| instance.service() == "ingest");
        nodes.all(|node| node.takes() == wanted)
    };
    while !is_so() {
        ensure!(since.elapsed() < HEALED, "after {HEALED:?} not every ingest is ready = {wanted}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// The status, whether it says when to come again, and what is said.
async fn sign_in(http: &Client, origin: &str) -> Result<(u16, bool, Value)> {
    let body = json!({"login": "ada", "password": PASSWORD});
    let answer = http.post(format!("{origin}/api/auth/login")).json(&body).send().await?;
    let (status, again) = (answer.status().as_u16(), answer.headers().contains_key(RETRY_AFTER));
    Ok((status, again, answer.json().await?))
}

/// Views on for so long; no part may be missing or late.
async fn view(viewer: &mut Viewer, time: Duration) -> Result<()> {
    let since = Instant::now();
    while since.elapsed() < time {
        viewer.next_within(LONGEST).await?;
    }
    Ok(())
}
