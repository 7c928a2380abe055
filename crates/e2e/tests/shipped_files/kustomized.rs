//! What kustomize itself made of `k8s/`, against what `kustomize` here makes of it: else the other tests would hold an imagination against the code.
//!
//! It reads files and runs no kustomize; `scripts/validate` builds them, one for each overlay and for overlays with each component, and runs it.

use crate::{kustomize, yaml};
use serde_json::Value;
use std::collections::BTreeMap;

/// Names the folder of what kustomize built: `prod.yaml`, `dev+autoscaling=by-load.yaml` (`=` for `/`).
const BUILT: &str = "STREAMLY_KUSTOMIZED";
/// What the hash of a generated object is written with (`sigs.k8s.io/kustomize`, `api/hasher`), ten of them.
const HASH: &str = "2456789bcdfghkmt";

/// The name of a generated object without its hash; none if it has none.
fn unhashed(name: &str) -> Option<&str> {
    let (name, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == 10 && hash.chars().all(|c| HASH.contains(c));
    (is_hash && name.starts_with("streamly-")).then_some(name)
}

/// The same without what is no matter here: hashes, tags of our images, the order of lists whose elements have names. Modes of files are
/// octal numbers to Kubernetes, whose YAML is 1.1.
fn plain(key: &str, value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| {
                let value = plain(&key, value);
                (key, value)
            })
            .collect(),
        Value::Array(list) => {
            let mut list: Vec<Value> = list.into_iter().map(|one| plain(key, one)).collect();
            if list.iter().all(|one| one["name"].is_string()) {
                // One volume may be mounted at several places.
                list.sort_by_cached_key(|one| (one["name"].to_string(), one["mountPath"].to_string()));
            }
            list.into()
        }
        Value::String(text) => match key {
            "image" if text.starts_with("streamly-") => text.split(':').next().unwrap_or_default().into(),
            "defaultMode" => u64::from_str_radix(&text, 8).expect("an octal number").into(),
            _ => unhashed(&text).map_or_else(|| text.clone().into(), Into::into),
        },
        other => other,
    }
}

/// Objects by kind and name, without the overlay's namespace, the label of all and generated ConfigMaps, which are not made here.
fn by_name(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for object in objects {
        let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
        if object["kind"] == "ConfigMap" && unhashed(&name).is_some() {
            continue;
        }
        let mut object = plain("", object);
        let metadata = object["metadata"].as_object_mut().expect("metadata has fields");
        metadata.remove("namespace");
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            labels.remove("app.kubernetes.io/part-of");
            if labels.is_empty() {
                metadata.remove("labels");
            }
        }
        let key = format!("{} {name}", object["kind"]);
        assert!(all.insert(key.clone(), object).is_none(), "{key} is there twice");
    }
    all
}

#[test]
#[ignore = "holds against what kustomize itself made: scripts/validate makes it, and runs this"]
fn kustomize_itself_makes_the_same() {
    let folder = std::env::var(BUILT).expect("scripts/validate says where the files are");
    let mut overlays = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().replace('=', "/");
        let (overlay, components) = name.split_once('+').unwrap_or((name.as_str(), ""));
        let parent = if overlay == "base" { "k8s" } else { "k8s/overlays" };
        let mut ours = kustomize::rendered(&format!("{parent}/{overlay}"));
        for component in components.split('+').filter(|component| !component.is_empty()) {
            kustomize::build(&format!("k8s/components/{component}"), &mut ours);
        }
        let (ours, theirs) = (by_name(ours), by_name(yaml(file.to_str().unwrap())));
        assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{name}");
        for (object, ours) in &ours {
            assert_eq!(*ours, theirs[object], "{name}: {object}, ours and kustomize's");
        }
        overlays += usize::from(components.is_empty());
    }
    assert!(overlays >= 4, "{overlays} overlays were built");
}
