//! Every metric that alerts, dashboards, the autoscalers' adapter and docs/OPERATING.md name is told by the service that they mean, with the
//! labels that they go by.
//!
//! A platform of processes is used as people use it, and each service's `/metrics` is read. What is counted only once something went wrong is
//! in [`RARE`]; of that the code is read instead.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod promql;

use anyhow::{Context, Result, ensure};
use promql::{Use, uses};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use streamly_e2e::{Platform, chat, playback, publish::publish, viewer::Viewer};

/// Services with the ports of their admin listeners.
const SERVICES: [(&str, u16); 5] =
    [("user", 10080), ("stream", 10082), ("chat", 10084), ("ingest", 10000), ("web", 5000)];
/// Crates that several services count in: their metrics say the service by a label of their own.
const SHARED: [&str; 5] = ["lifecycle", "http", "rpc", "postgres", "redis"];
/// Labels that Prometheus gives.
const OF_THE_TARGET: [&str; 3] = ["job", "instance", "service"];
/// Not told before something went wrong, or before somebody did what this test does not do.
const RARE: &[&str] = &[
    "streamly_chat_acts_total",
    "streamly_chat_held_total",
    "streamly_chat_holds_resolved_total",
    "streamly_chat_left_out_total",
    "streamly_chat_reloads_total",
    "streamly_chat_reports_total",
    "streamly_chat_seeded_events_total",
    "streamly_chat_since_ahead_total",
    "streamly_chat_sockets_cut_total",
    "streamly_ingest_discontinuities_total",
    "streamly_ingest_flat_segment_bytes",
    "streamly_ingest_http_left_hot_path_total",
    "streamly_ingest_rungs_changed_total",
    "streamly_stream_directory_orders_total",
    "streamly_stream_pushes_total",
    "streamly_stream_rate_limited_total",
    "streamly_stream_takeovers_total",
    "streamly_stream_tests_gone_live_total",
    "streamly_stream_webhook_attempts_total",
    "streamly_telemetry_log_lines_total",
    "streamly_transcode_demotions_total",
    "streamly_user_erased_total",
    "streamly_user_passkey_sign_ins_total",
    "streamly_user_rate_limited_total",
    "streamly_web_connections_refused_total",
    "streamly_web_edge_hits_total",
    "streamly_web_held_refused_total",
    "streamly_web_https_certificate_not_after_seconds",
    "streamly_web_inner_answers_total",
    "streamly_web_inner_circles_total",
    "streamly_web_inner_connections_refused_total",
    "streamly_web_origins_refused_total",
    "streamly_web_requests_refused_total",
    "streamly_web_shield_answers_total",
    "streamly_web_shield_bypasses_total",
    "streamly_web_shield_failures_total",
    "streamly_web_viewer_sums_lost_total",
    "streamly_web_viewers_without_parts_total",
];
/// Until pools, connections and disks have been looked at, and sums were written.
const SOON: Duration = Duration::from_secs(40);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A metric, and where it is named.
struct Named {
    place: String,
    what: Use,
}

impl Named {
    fn from(place: &str, expression: &str) -> Vec<Self> {
        uses(expression).into_iter().map(|what| Self { place: place.to_owned(), what }).collect()
    }
}

/// What the alerts' rules go by; names that they record are those of rules.
fn of_alerts() -> Vec<Named> {
    let file: Value = serde_yaml_ng::from_str(&text("deploy/monitoring/alerts.yml")).unwrap();
    let groups = file["groups"].as_array().unwrap().iter();
    let rules: Vec<&Value> = groups.flat_map(|group| group["rules"].as_array().unwrap()).collect();
    let recorded: BTreeSet<&str> = rules.iter().filter_map(|rule| rule["record"].as_str()).collect();
    let name = |rule: &Value| rule["alert"].as_str().or(rule["record"].as_str()).unwrap().to_owned();
    let all = rules.iter().flat_map(|rule| Named::from(&name(rule), rule["expr"].as_str().unwrap()));
    let all: Vec<Named> = all.collect();
    for one in all.iter().filter(|one| one.what.name.contains(':')) {
        assert!(
            recorded.contains(one.what.name.as_str()),
            "{}: nothing records {}",
            one.place,
            one.what.name
        );
    }
    all.into_iter().filter(|one| !one.what.name.contains(':')).collect()
}

fn of_dashboards() -> Vec<Named> {
    let mut all = Vec::new();
    for file in fs::read_dir(root().join("deploy/monitoring/grafana/dashboards")).unwrap() {
        let path = file.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let board: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for variable in board["templating"]["list"].as_array().unwrap() {
            all.extend(Named::from(&file, variable["query"].as_str().unwrap()));
        }
        for panel in board["panels"].as_array().unwrap() {
            let place = format!("{file}, {}", panel["title"].as_str().unwrap());
            for target in panel["targets"].as_array().into_iter().flatten() {
                all.extend(Named::from(&place, target["expr"].as_str().unwrap()));
            }
        }
    }
    all
}

/// What the adapter of Kubernetes asks for the autoscalers. Pods and namespaces are labels that Prometheus gives.
fn of_adapter() -> Vec<Named> {
    let file = text("k8s/components/autoscaling/prometheus-adapter.yaml");
    let file: Value = serde_yaml_ng::from_str(&file).unwrap();
    let mut all = Vec::new();
    for rule in file["rules"]["custom"].as_array().unwrap() {
        let place = format!("adapter, {}", rule["name"]["as"].as_str().unwrap());
        let series = rule["seriesQuery"].as_str().unwrap().replace(r#",namespace!="",pod!="""#, "");
        let query = rule["metricsQuery"].as_str().unwrap().replace("<<.GroupBy>>", "instance");
        for expression in [series, query.replace("<<.LabelMatchers>>", "")] {
            let found = Named::from(&place, &expression);
            assert!(!found.is_empty(), "{place}: asks for nothing: {expression}");
            all.extend(found);
        }
    }
    all
}

/// The rows of the tables: names in the first cell, and labels in the second one where the table has them.
fn of_docs() -> Vec<Named> {
    let document = text("docs/OPERATING.md");
    let section = document.split("\n## Metrics\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let (mut all, mut has_labels) = (Vec::new(), false);
    for line in section.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.split('|').skip(1).map(str::trim).collect();
        if cells[0] == "name" {
            has_labels = cells[1] == "labels";
        }
        let labels: BTreeSet<_> =
            if has_labels { quoted(cells[1]).into_iter().collect() } else { BTreeSet::new() };
        for name in quoted(cells[0]) {
            let what = Use { name, labels: labels.clone(), values: Vec::new() };
            all.push(Named { place: "docs/OPERATING.md".into(), what });
        }
    }
    all
}

/// What one service tells: types of families, and the labels of their series.
#[derive(Default)]
struct Told {
    types: BTreeMap<String, String>,
    labels: BTreeMap<String, BTreeSet<String>>,
    /// Values of `service`.
    services: BTreeSet<String>,
}

impl Told {
    fn read(text: &str) -> Self {
        let mut told = Self::default();
        for line in text.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
                told.types.insert(name.to_owned(), kind.to_owned());
            }
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            let (name, labels) = line
                .rsplit_once(' ')
                .unwrap()
                .0
                .split_once('{')
                .unwrap_or((line.split(' ').next().unwrap(), ""));
            let labels = labels.trim_end_matches('}');
            let known = told.labels.entry(name.to_owned()).or_default();
            for pair in labels.split("\",").filter(|pair| !pair.is_empty()) {
                let (label, value) = pair.split_once("=\"").unwrap();
                known.insert(label.to_owned());
                if label == "service" {
                    told.services.insert(value.trim_end_matches('"').to_owned());
                }
            }
        }
        told
    }

    /// Whether a series of that name has these labels.
    fn has(&self, one: &Use) -> bool {
        // Documents name whole families.
        let part = format!("{}_bucket", one.name);
        let found = self.labels.get(&one.name).or_else(|| self.labels.get(&part));
        found.is_some_and(|known| wanted(one).all(|label| known.contains(label)))
    }
}

/// The name of a histogram whose part it is; none if it is none.
fn histogram_of(name: &str) -> Option<&str> {
    ["_bucket", "_count", "_sum"].iter().find_map(|part| name.strip_suffix(part))
}

fn word(name: &str) -> &str {
    name.split('_').nth(1).unwrap_or_default()
}

fn is_shared(name: &str) -> bool {
    SHARED.contains(&word(name))
}

/// The labels that the code has to give.
fn wanted(one: &Use) -> impl Iterator<Item = &String> {
    let shared = is_shared(&one.name);
    one.labels
        .iter()
        .filter(move |label| !OF_THE_TARGET.contains(&label.as_str()) || (shared && *label == "service"))
}

/// Services that have to tell it: one of them where several may.
fn tellers(name: &str) -> Vec<&'static str> {
    let all = || SERVICES.iter().map(|(service, _)| *service);
    match word(name) {
        "transcode" => vec!["ingest"],
        own if all().any(|service| service == own) => all().filter(|service| *service == own).collect(),
        _ => all().collect(),
    }
}

/// All text below a folder's `src`.
fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, into);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(entry).unwrap());
        }
    }
}

/// The code of crates and of the services that may tell it.
fn code_for(name: &str) -> String {
    let mut all = String::new();
    for service in tellers(name) {
        sources(&root().join("services").join(service).join("src"), &mut all);
    }
    for entry in fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap()) {
        if !["e2e", "testkit", "bench"].contains(&entry.file_name().to_str().unwrap()) {
            sources(&entry.path().join("src"), &mut all);
        }
    }
    all
}

/// What is wrong with a metric that nobody tells yet, by its code.
fn wrong_in_code(one: &Use) -> Option<String> {
    let family = histogram_of(&one.name).unwrap_or(&one.name);
    let code = code_for(&one.name);
    let Some(at) = code.find(&format!("\"{family}\"")) else { return Some("not in the code".into()) };
    let near = &code[at..].chars().take(300).collect::<String>();
    // Where the name is an argument, whoever takes it gives the label.
    let is_macro = code[..at].trim_end().ends_with("!(");
    let before = code[..at].trim_end().trim_end_matches("!(");
    if is_macro && one.name.ends_with("_total") != before.ends_with("counter") {
        return Some("counters alone end in _total".into());
    }
    if histogram_of(&one.name).is_some() && !before.ends_with("histogram") {
        return Some("no histogram".into());
    }
    let given = |label: &String| {
        let key = format!("\"{label}\" =>");
        if is_macro { near.contains(&key) } else { code.contains(&key) }
    };
    wanted(one)
        .filter(|label| *label != "le")
        .find(|label| !given(label))
        .map(|label| format!("no label {label}"))
}

struct Run {
    platform: Platform,
}

impl Run {
    async fn told(&self) -> Result<BTreeMap<&'static str, Told>> {
        let mut all = BTreeMap::new();
        for (service, port) in SERVICES {
            let url = format!("http://127.0.0.1:{}/metrics", self.platform.port(port));
            let text = self.platform.http.get(&url).send().await?.text().await?;
            all.insert(service, Told::read(&text));
        }
        Ok(all)
    }

    /// A broadcast with a rung, who watches and tells of it, words in chat, sign-ins.
    async fn live(&self) -> Result<()> {
        let p = &self.platform;
        let ada = p.register("ada").await?;
        for password in ["correct horse battery", "wrong horse battery"] {
            let body = json!({"login": "ada", "password": password});
            p.http.post(p.url("/api/auth/login")).json(&body).send().await?;
        }
        let key = p.stream_key(&ada).await?;
        let wrong = key.chars().rev().collect::<String>();
        ensure!(publish(p.rtmp(), &wrong).await.is_err(), "a wrong key opens");
        let publishing = publish(p.rtmp(), &key).await?;
        p.wait_state("ada", "live", Duration::from_secs(20)).await?;
        let mut socket =
            chat::join(&format!("ws://127.0.0.1:{}/ws", p.port(3000)), Some(&ada), "ada").await?;
        chat::say(&mut socket, "ada", "hello").await?;
        let list = p.url("/live/ada/index.m3u8");
        let rung = async {
            loop {
                let found = playback::variants(&p.http, &list).await?;
                if let Some(rung) = found.into_iter().find(|variant| variant.name == "160p") {
                    return anyhow::Ok(rung);
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let rung = tokio::time::timeout(SOON, rung).await.context("no rung")??;
        let mut viewer = Viewer::join(&p.http, &rung.url).await?;
        for _ in 0..6 {
            viewer.next_within(Duration::from_secs(10)).await?;
        }
        let sid = rung.url.query_pairs().find(|(name, _)| name == "sid").context("no sid")?.1.into_owned();
        let stream = p.stream("ada").await?;
        let id = stream["live"]["broadcast_id"].as_str().context("no broadcast")?;
        let beacon = json!({
            "watched_ms": 4000, "stalled_ms": 1500, "stalls": 1, "start_ms": 640, "errors": {"network": 1}, "behind_ms": 1200,
            "height": 160, "decoded": 100, "dropped": 1
        });
        let beacon = p.http.post(p.url(&format!("/live/b/{id}/beacon?sid={sid}"))).body(beacon.to_string());
        let answer = beacon.header("content-type", "text/plain;charset=UTF-8").send().await?;
        ensure!(answer.status() == 204, "beacon: {}", answer.status());
        ensure!(!publishing.is_finished(), "the publisher was closed");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alerts_dashboards_and_documents_go_by_is_told() -> Result<()> {
    let ladder = ("STREAMLY_INGEST__LADDER", r#"["160p"]"#);
    let run = Run { platform: Platform::start_with(&["--processes"], &[ladder]).await? };
    run.live().await?;
    let named = [of_alerts(), of_dashboards(), of_adapter(), of_docs()];
    let named: Vec<Named> = named.into_iter().flatten().collect();
    ensure!(named.len() > 200, "only {} are found", named.len());
    let common: Vec<&Named> = named.iter().filter(|one| !RARE.contains(&one.what.name.as_str())).collect();
    let since = Instant::now();
    let told = loop {
        let told = run.told().await?;
        let is_told = |one: &Use| tellers(&one.name).iter().any(|service| told[service].has(one));
        let missing: BTreeSet<String> = common
            .iter()
            .filter(|one| !is_told(&one.what))
            .map(|one| format!("{} {:?} ({})", one.what.name, one.what.labels, one.place))
            .collect();
        if missing.is_empty() {
            break told;
        }
        let all: Vec<_> = missing.into_iter().collect();
        ensure!(since.elapsed() < SOON, "nobody tells\n{}", all.join("\n"));
        tokio::time::sleep(Duration::from_millis(500)).await;
    };

    let mut wrong = BTreeSet::new();
    for one in named.iter().filter(|one| RARE.contains(&one.what.name.as_str())) {
        wrong.extend(wrong_in_code(&one.what).map(|why| format!("{}: {}: {why}", one.place, one.what.name)));
    }
    for name in RARE {
        if !named.iter().any(|one| one.what.name == *name) {
            wrong.insert(format!("RARE: nothing goes by {name} any more"));
        }
    }
    for one in &named {
        for (label, value) in
            one.what.values.iter().filter(|(label, _)| !OF_THE_TARGET.contains(&label.as_str()))
        {
            if !code_for(&one.what.name).contains(&format!("\"{value}\"")) {
                wrong.insert(format!("{}: {}: {label} is never {value}", one.place, one.what.name));
            }
        }
    }
    for (service, told) in &told {
        for (name, kind) in &told.types {
            if name.ends_with("_total") != (kind == "counter") {
                wrong.insert(format!("{service}: {name} is a {kind}: counters alone end in _total"));
            }
        }
        if told.services != BTreeSet::from([(*service).to_owned()]) {
            wrong.insert(format!("{service} says that it is {:?}", told.services));
        }
        for name in told.labels.keys().filter(|name| is_shared(name)) {
            if !told.labels[name].contains("service") {
                wrong.insert(format!("{service}: {name} does not say of which service it is"));
            }
        }
        for name in ["process_start_time_seconds", "streamly_lifecycle_ready", "streamly_lifecycle_draining"]
        {
            if !told.types.contains_key(name) {
                wrong.insert(format!("{service}: no {name}"));
            }
        }
        let parts = named.iter().filter_map(|one| histogram_of(&one.what.name));
        for name in parts.filter(|name| told.types.get(*name).is_some_and(|kind| kind != "histogram")) {
            wrong.insert(format!("{service}: {name} is no histogram"));
        }
    }
    let wrong: Vec<_> = wrong.into_iter().collect();
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
