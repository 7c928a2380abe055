//! `docs/CONFIG.md` against the services' settings: every key is there, with the default that the code has.

use crate::{
    services::{Env, SERVICES},
    text,
};
use std::fmt::Write;

/// Sources of the settings that several services have, by their section.
const PARTS: [(&str, &str); 6] = [
    ("postgres", "crates/postgres/src/config.rs"),
    ("redis", "crates/redis/src/config.rs"),
    ("storage", "crates/storage/src/config.rs"),
    ("requests", "crates/http/src/requests.rs"),
    ("grpc_patience", "crates/rpc/src/patience.rs"),
    ("tracing", "crates/telemetry/src/config.rs"),
];

/// All that have settings: the services, and the operator's commands.
fn programs() -> impl Iterator<Item = &'static str> {
    SERVICES.into_iter().chain(["ctl"])
}

/// The rows (key, default) of the section `## NAME`; a key or default stands in backticks, no default is a dash.
fn rows(section: &str) -> Vec<(String, Option<String>)> {
    let document = text("docs/CONFIG.md");
    let after =
        document.split(&format!("\n## {section}\n")).nth(1).unwrap_or_else(|| panic!("no section {section}"));
    let section = after.split("\n## ").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| {
            let (key, rest) = line.split_once("` | ").expect("a key in backticks");
            let default = rest.split(" | ").next().expect("a default");
            let default = default.strip_prefix('`').and_then(|d| d.strip_suffix('`'));
            (key.to_owned(), default.map(Into::into))
        })
        .collect()
}

/// All keys of a service, those of stores included.
fn keys(service: &str) -> Vec<(String, Option<String>)> {
    let mut all = rows(service);
    for (part, _) in PARTS {
        if let Some(at) = all.iter().position(|(key, _)| *key == format!("{part}.*")) {
            all.remove(at);
            // A service's own row counts more.
            let shared: Vec<_> =
                rows(part).into_iter().filter(|(key, _)| all.iter().all(|(k, _)| k != key)).collect();
            all.extend(shared);
        }
    }
    all
}

/// The documented defaults as a configuration file.
fn file(service: &str) -> String {
    keys(service).into_iter().fold(String::new(), |mut file, (key, default)| {
        if let Some(default) = default {
            writeln!(file, "{key} = {default}").unwrap();
        }
        file
    })
}

fn load<T: serde::de::DeserializeOwned + std::fmt::Debug>(service: &str, file: &str) -> String {
    let config: T = streamly_config::load(service, Some(file), &Env::new()).unwrap_or_else(|e| panic!("{e}"));
    format!("{config:#?}")
}

#[test]
fn the_documented_defaults_are_those_of_the_code() {
    for service in programs() {
        let documented = file(service);
        let (said, real) = match service {
            "user" => (
                load::<streamly_user::Config>(service, &documented),
                load::<streamly_user::Config>(service, ""),
            ),
            "stream" => (
                load::<streamly_stream::Config>(service, &documented),
                load::<streamly_stream::Config>(service, ""),
            ),
            "chat" => (
                load::<streamly_chat::Config>(service, &documented),
                load::<streamly_chat::Config>(service, ""),
            ),
            "ingest" => (
                load::<streamly_ingest::Config>(service, &documented),
                load::<streamly_ingest::Config>(service, ""),
            ),
            "ctl" => (
                load::<streamly_ctl::Config>(service, &documented),
                load::<streamly_ctl::Config>(service, ""),
            ),
            _ => (
                load::<streamly_web::Config>(service, &documented),
                load::<streamly_web::Config>(service, ""),
            ),
        };
        let differs = said.lines().zip(real.lines()).filter(|(s, r)| s != r).collect::<Vec<_>>();
        assert!(said == real, "{service}: (documented, real): {differs:?}");
    }
}

/// Names of public fields in the source of a configuration.
fn fields(source: &str) -> Vec<String> {
    let before_tests = source.split("#[cfg(test)]").next().unwrap_or_default();
    before_tests
        .lines()
        .filter_map(|line| line.strip_prefix("    pub ")?.split_once(": "))
        .map(|(name, _)| name.trim_start_matches("r#").to_owned())
        .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit()))
        .collect()
}

#[test]
fn every_setting_is_documented() {
    for service in programs() {
        let all = keys(service);
        let fields = fields(&text(&format!("services/{service}/src/config.rs")));
        assert!(fields.len() > 5, "the fields of {service} are found");
        for field in fields {
            let there = all.iter().any(|(key, _)| key.split('.').any(|step| step == field));
            assert!(there, "docs/CONFIG.md does not say what {field} of {service} is");
        }
    }
    for (part, source) in PARTS {
        for field in fields(&text(source)) {
            assert!(rows(part).iter().any(|(key, _)| *key == format!("{part}.{field}")), "{part}.{field}");
        }
    }
}
