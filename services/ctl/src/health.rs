//! How everybody is: services and ingest nodes by the standard health protocol of gRPC, web by its readiness. All are asked at once, once,
//! and waited for as long as their deadline says.
//!
//! What is not configured is not asked, and said to be so. A node that drains is as well as it should be.

use crate::{
    config::Config,
    error::{Error, root, said},
    figures,
    node::Node,
    stream::Stream,
    table::Table,
    text::{self, escaped},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use streamly_config::EXIT_UNAVAILABLE;
use streamly_proto::stream::v1::IngestNode;
use streamly_rpc::{Identity, Peer, PeerConfig};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

/// How one of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It serves.
    Ok,
    /// An ingest node that takes no new publisher, because it was told so.
    Draining,
    /// It answers that it cannot serve.
    NotServing,
    /// Nobody answered in time.
    NoAnswer,
    /// Nobody knows where to ask, or asking there is not allowed.
    NotKnown,
    /// The settings do not name it.
    NotAsked,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Draining => "draining",
            Self::NotServing => "not serving",
            Self::NoAnswer => "no answer",
            Self::NotKnown => "not known",
            Self::NotAsked => "not asked",
        }
    }

    fn is_well(self) -> bool {
        matches!(self, Self::Ok | Self::Draining | Self::NotAsked)
    }
}

/// One that was asked, or was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    service: &'static str,
    /// Which ingest node.
    node: Option<String>,
    state: State,
    took: Option<Duration>,
    /// Where it was asked; empty: nowhere.
    at: String,
    /// What is to be said beside the state.
    detail: String,
}

impl Check {
    fn of(service: &'static str, state: State, detail: String) -> Self {
        Self { service, node: None, state, took: None, at: String::new(), detail }
    }
}

/// Asks everybody. Errors: of the settings alone.
pub(crate) async fn checks(config: &Config) -> Result<Vec<Check>, Error> {
    let identity = config.identity()?;
    let stream = Stream::new(PeerConfig { attempts: 1, ..config.stream.clone() }, identity.clone())?;
    let (first, user, chat, web, nodes) = tokio::join!(
        service("stream", Some(&config.stream), &identity),
        service("user", config.user.as_ref(), &identity),
        service("chat", config.chat.as_ref(), &identity),
        web(config.web.as_deref(), config.stream.deadline.get()),
        nodes(&stream, config, &identity),
    );
    Ok([first, user, chat, web].into_iter().chain(nodes).collect())
}

/// 0, or that of an outage if one is not well.
pub(crate) fn status(checks: &[Check]) -> u8 {
    if checks.iter().all(|check| check.state.is_well()) { 0 } else { EXIT_UNAVAILABLE }
}

/// All of them, as a table or as JSON.
pub(crate) fn lines(checks: &[Check], as_json: bool) -> Vec<String> {
    if as_json {
        return checks.iter().map(|check| escaped(&object(check))).collect();
    }
    let mut table = Table::new(["SERVICE", "STATE", "TOOK", "AT", "DETAIL"]);
    for check in checks {
        let name = check.node.as_ref().map(|node| format!("{} {node}", check.service));
        table.row([
            name.unwrap_or_else(|| check.service.to_owned()),
            check.state.name().to_owned(),
            check.took.map(figures::took).unwrap_or_default(),
            check.at.clone(),
            check.detail.clone(),
        ]);
    }
    table.lines()
}

async fn service(name: &'static str, config: Option<&PeerConfig>, identity: &Identity) -> Check {
    let Some(config) = config else {
        let detail = format!("STREAMLY_CTL__{}__URL is not set", name.to_uppercase());
        return Check::of(name, State::NotAsked, detail);
    };
    let once = PeerConfig { attempts: 1, ..config.clone() };
    let check = match Peer::new(once, name, identity.clone()) {
        Ok(peer) => ask(name, &peer).await,
        Err(e) => Check::of(name, State::NoAnswer, root(&e)),
    };
    Check { at: config.url.clone(), ..check }
}

async fn ask(name: &'static str, peer: &Peer) -> Check {
    let since = Instant::now();
    let answer =
        peer.call(|t| async move { HealthClient::new(t).check(HealthCheckRequest::default()).await }).await;
    let (state, detail) = match answer {
        Ok(answer) if answer.status() == ServingStatus::Serving => (State::Ok, String::new()),
        Ok(_) => (State::NotServing, String::new()),
        Err(status) => (State::NoAnswer, said(&status)),
    };
    Check { took: Some(since.elapsed()), ..Check::of(name, state, detail) }
}

/// The nodes that `stream` tells of.
async fn nodes(stream: &Stream, config: &Config, identity: &Identity) -> Vec<Check> {
    let unknown = |detail: String| vec![Check::of("ingest", State::NotKnown, detail)];
    match stream.nodes().await {
        Ok(nodes) if nodes.is_empty() => unknown("no ingest node has been heard".to_owned()),
        Ok(nodes) => join_all(nodes.iter().map(|told| node(told, config, identity))).await,
        Err(e) => unknown(e.to_string()),
    }
}

async fn node(told: &IngestNode, config: &Config, identity: &Identity) -> Check {
    let check = match Node::new(told, config, config.stream.deadline, identity.clone()) {
        Ok(node) => ask("ingest", node.peer()).await,
        // Its setting is for others to call it, and need not be there.
        Err(e @ Error::NoAddress { .. }) => Check::of("ingest", State::NotAsked, e.to_string()),
        Err(e) => Check::of("ingest", State::NotKnown, e.to_string()),
    };
    let state = match check.state {
        State::NotServing if told.draining => State::Draining,
        state => state,
    };
    Check { node: Some(text::said(&told.node_id)), at: text::said(&told.grpc_url), state, ..check }
}

async fn web(url: Option<&str>, deadline: Duration) -> Check {
    let Some(url) = url else {
        return Check::of("web", State::NotAsked, "STREAMLY_CTL__WEB is not set".to_owned());
    };
    let since = Instant::now();
    let client = reqwest::Client::builder()
        .timeout(deadline)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build();
    let answer = match client {
        Ok(client) => client.get(url).send().await.map(|answer| answer.status()),
        Err(e) => Err(e),
    };
    let (state, detail) = match answer {
        Ok(status) if status.is_success() => (State::Ok, String::new()),
        Ok(status) => (State::NotServing, format!("answered {}", status.as_u16())),
        Err(e) => (State::NoAnswer, root(&e)),
    };
    let (took, at) = (Some(since.elapsed()), url.to_owned());
    Check { took, at, ..Check::of("web", state, detail) }
}

fn object(check: &Check) -> Value {
    json!({
        "service": check.service,
        "node_id": check.node,
        "state": check.state.name(),
        "is_well": check.state.is_well(),
        "took_ms": check.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        "at": check.at,
        "detail": check.detail,
    })
}

#[cfg(test)]
mod tests;
