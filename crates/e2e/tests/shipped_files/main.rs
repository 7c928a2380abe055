//! The files that are shipped beside the programs, against the programs' own configuration: compose file, image, Kubernetes
//! manifests and examples, secrets script, docs/CONFIG.md.
//!
//! Nothing here runs a container or a cluster; it proves that names, ports, paths and keys are those of the code. A setting that is
//! misspelt, a port that nobody listens on, a secret that nobody makes or a policy that forbids a configured call fails here.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod autoscaling;
mod compose;
mod documents;
mod examples;
mod image;
mod ingress;
mod kubernetes;
mod kustomize;
mod kustomized;
mod monitoring;
mod operator;
mod pictures;
mod secrets;
mod services;

use serde::de::Deserialize;
use serde_json::Value;
use std::path::PathBuf;

/// A file of the repository.
fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(name)
}

/// Its text.
fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The documents of a YAML file, merge keys resolved.
fn yaml(name: &str) -> Vec<Value> {
    serde_yaml_ng::Deserializer::from_str(&text(name))
        .map(|document| {
            let mut value =
                serde_yaml_ng::Value::deserialize(document).unwrap_or_else(|e| panic!("{name}: {e}"));
            value.apply_merge().unwrap_or_else(|e| panic!("{name}: {e}"));
            serde_yaml_ng::from_value(value).unwrap_or_else(|e| panic!("{name}: {e}"))
        })
        .filter(|value: &Value| !value.is_null())
        .collect()
}

/// The strings of a JSON array; empty if it is none.
fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
