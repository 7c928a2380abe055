//! What `kubectl kustomize` makes of a folder, of as much of it as the manifests use: resources, components, and patches that name an object.
//!
//! Namespaces, labels, images and the hashes of generated names are left out. Whatever else a kustomization says fails, so that nothing is
//! overlooked. `kustomized` holds it against kustomize itself.

use crate::{path, strings, yaml};
use serde_json::{Value, json};

/// What a kustomization may say.
const KNOWN: [&str; 9] = [
    "apiVersion",
    "kind",
    "namespace",
    "labels",
    "resources",
    "components",
    "configMapGenerator",
    "patches",
    "images",
];

/// All objects of a folder with a kustomization, patches laid over them.
pub(crate) fn rendered(folder: &str) -> Vec<Value> {
    let mut objects = Vec::new();
    build(folder, &mut objects);
    objects
}

/// The object of that kind and name; it has to be there.
pub(crate) fn object<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

/// Adds a folder's own objects to those that are there, and changes them; a component does so with those of who takes it.
pub(crate) fn build(folder: &str, objects: &mut Vec<Value>) {
    let kustomization = yaml(&format!("{folder}/kustomization.yaml")).remove(0);
    for field in kustomization.as_object().expect("a kustomization has fields").keys() {
        assert!(KNOWN.contains(&field.as_str()), "{folder}: what {field} does is not known here");
    }
    for resource in strings(&kustomization["resources"]) {
        let resource = format!("{folder}/{resource}");
        objects.extend(if path(&resource).is_dir() { rendered(&resource) } else { yaml(&resource) });
    }
    for component in strings(&kustomization["components"]) {
        build(&format!("{folder}/{component}"), objects);
    }
    for patch in kustomization["patches"].as_array().into_iter().flatten() {
        let file = patch["path"].as_str().unwrap_or_else(|| panic!("{folder}: a patch is a file"));
        for patch in yaml(&format!("{folder}/{file}")) {
            let patched = objects.iter_mut().find(|object| is_same(object, &patch));
            lay(&patch, patched.unwrap_or_else(|| panic!("{folder}/{file}: there is no {patch}")));
        }
    }
}

fn is_same(one: &Value, other: &Value) -> bool {
    one["kind"] == other["kind"] && one["metadata"]["name"] == other["metadata"]["name"]
}

/// A strategic merge: null removes, lists whose elements have names are merged by them, other lists are replaced.
fn lay(patch: &Value, over: &mut Value) {
    match (patch, over) {
        (Value::Object(patch), Value::Object(over)) => {
            for (key, value) in patch {
                if value.is_null() {
                    over.remove(key);
                } else {
                    lay(value, over.entry(key.as_str()).or_insert(Value::Null));
                }
            }
        }
        (Value::Array(patch), Value::Array(over)) if patch.iter().all(|one| one["name"].is_string()) => {
            for one in patch {
                match over.iter().position(|old| old["name"] == one["name"]) {
                    Some(at) => lay(one, &mut over[at]),
                    None => over.push(one.clone()),
                }
            }
        }
        (patch, over) => *over = patch.clone(),
    }
}

#[test]
fn patches_are_laid_over_what_they_name() {
    let objects = rendered("k8s/overlays/dev");
    let stream = object(&objects, "Deployment", "stream");
    assert_eq!(stream["spec"]["replicas"], 1);
    assert_eq!(stream["spec"]["strategy"], json!({"type": "Recreate"}), "null removes");
    let volumes = stream["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    let volumes: Vec<_> = volumes.iter().map(|volume| volume["name"].as_str().unwrap()).collect();
    assert_eq!(volumes, ["tmp", "secrets", "cache", "pictures"], "one is added");
    let ingest = &object(&objects, "StatefulSet", "ingest")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(ingest["image"], "streamly-ingest", "what no patch names stays");
    assert_eq!(
        ingest["resources"]["requests"],
        json!({"cpu": "1", "memory": "512Mi", "ephemeral-storage": "3Gi"})
    );
    object(&objects, "StatefulSet", "postgres");
}
