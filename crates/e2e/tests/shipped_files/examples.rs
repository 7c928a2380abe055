//! `k8s/examples` and the components that ask for graphics cards, against what they stand beside: names, keys, ports and numbers are the same.
//!
//! That an operator takes its objects is not proved: their definitions are not here.

use crate::{kubernetes, kustomize, services, text, yaml};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PROD: &str = "k8s/overlays/prod";

/// What one of the examples has of that kind.
fn examples(file: &str, kind: &str) -> Vec<Value> {
    let mut all = yaml(&format!("k8s/examples/{file}"));
    all.retain(|object| object["kind"] == kind);
    assert!(!all.is_empty(), "{file} has no {kind}");
    all
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

#[test]
fn the_external_secrets_are_those_that_are_read() {
    let mut read = yaml("k8s/base/secrets.example.yaml");
    read.retain(|object| object["kind"] == "Secret");
    let brought = examples("external-secrets.yaml", "ExternalSecret");
    assert_eq!(brought.len(), read.len());
    for secret in &read {
        let name = word(&secret["metadata"]["name"]);
        let service = name.strip_prefix("streamly-").unwrap();
        let found = brought.iter().find(|one| one["spec"]["target"]["name"] == name);
        let spec = &found.unwrap_or_else(|| panic!("nothing brings {name}"))["spec"];
        let mut keys = BTreeSet::new();
        for one in spec["data"].as_array().unwrap() {
            let key = word(&one["secretKey"]);
            let from = json!({"key": format!("streamly/{service}"), "property": key});
            assert_eq!(one["remoteRef"], from, "{name}");
            assert!(keys.insert(key), "{name}: {key} is brought twice");
        }
        let wanted: BTreeSet<&str> =
            secret["stringData"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, wanted, "{name}");
    }
}

#[test]
fn the_databases_of_an_operator_are_those_that_the_script_makes() {
    let cluster = examples("postgres.yaml", "Cluster").remove(0);
    let first = &cluster["spec"]["bootstrap"]["initdb"];
    assert_eq!(first["owner"], "streamly");
    let mut made = BTreeSet::from([word(&first["database"]).to_owned()]);
    for database in examples("postgres.yaml", "Database") {
        let spec = &database["spec"];
        assert_eq!(spec["cluster"]["name"], cluster["metadata"]["name"]);
        assert_eq!(spec["owner"], first["owner"]);
        made.insert(word(&spec["name"]).to_owned());
    }
    let script = text("deploy/postgres/create-databases.sh");
    let wanted = script.lines().filter_map(|line| line.strip_prefix("CREATE DATABASE ")?.split(' ').next());
    let wanted: BTreeSet<String> = wanted.map(str::to_owned).collect();
    assert_eq!(made, wanted);
    // What it is called from a pod of the services, and how many connections those make.
    let (name, namespace) = (word(&cluster["metadata"]["name"]), word(&cluster["metadata"]["namespace"]));
    let told = format!("STREAMLY_USER__POSTGRES__HOST={name}-rw.{namespace}.svc");
    assert!(text("k8s/examples/postgres.yaml").contains(&told), "{told}");
    let readme = text("k8s/README.md");
    let needed = readme.split("PostgreSQL must take ").nth(1).and_then(|rest| rest.split(' ').next());
    let needed: u64 = needed.unwrap().parse().unwrap();
    let most: u64 = word(&cluster["spec"]["postgresql"]["parameters"]["max_connections"]).parse().unwrap();
    assert!(most > needed, "{needed} of {most} connections");
}

#[test]
fn stores_of_operators_are_where_the_services_are_let_out_to() {
    let policies = kustomize::rendered(PROD);
    let stores = &kustomize::object(&policies, "NetworkPolicy", "stores")["spec"]["egress"][0];
    let namespace = &stores["to"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"];
    let redis = examples("redis.yaml", "RedisCluster").remove(0);
    for store in [&redis, &examples("postgres.yaml", "Cluster").remove(0)] {
        assert_eq!(store["metadata"]["namespace"], *namespace);
    }
    assert_eq!(stores["ports"], json!([{"port": 5432}, {"port": 6379}]));
    let (name, namespace) = (word(&redis["metadata"]["name"]), word(namespace));
    let url = format!("redis-cluster://{name}-leader.{namespace}.svc:6379");
    assert!(text("k8s/examples/redis.yaml").contains(&format!("STREAMLY_USER__REDIS__URL={url}")), "{url}");
    // What chat needs of it (docs/OPERATING.md, "Metrics").
    let settings = examples("redis.yaml", "ConfigMap").remove(0);
    for part in ["redisLeader", "redisFollower"] {
        let named = &redis["spec"][part]["redisConfig"]["additionalRedisConfig"];
        assert_eq!(*named, settings["metadata"]["name"], "{part}");
    }
    let lines: Vec<&str> = word(&settings["data"]["redis-additional.conf"]).lines().collect();
    for line in ["appendonly yes", "appendfsync always", "maxmemory-policy noeviction"] {
        assert!(lines.contains(&line), "{line}: {lines:?}");
    }
}

#[tokio::test]
async fn the_gateways_routes_are_those_of_the_ingress() {
    let objects = kustomize::rendered(PROD);
    let route = examples("gateway.yaml", "HTTPRoute").remove(0);
    let rules = route["spec"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 2);
    for (rule, service) in rules.iter().zip(["chat", "web"]) {
        let led = &kustomize::object(&objects, "Ingress", service)["spec"]["rules"][0];
        assert_eq!(route["spec"]["hostnames"], json!([led["host"]]), "{service}");
        let path = &led["http"]["paths"][0];
        let kind = if path["pathType"] == "Prefix" { "PathPrefix" } else { word(&path["pathType"]) };
        let matched = json!([{"path": {"type": kind, "value": path["path"]}}]);
        assert_eq!(rule["matches"], matched, "{service}");
        let env = kubernetes::environment(PROD, service);
        let port = services::listeners(service, &env).unwrap()["http"].port();
        assert_eq!(rule["backendRefs"], json!([{"name": service, "port": port}]));
        // Event streams and sockets last for hours.
        assert_eq!(rule["timeouts"], json!({"request": "0s"}), "{service}");
    }
}

#[test]
fn who_wants_a_graphics_card_asks_for_one_and_keeps_all_else() {
    let plain = kustomize::rendered(PROD);
    let container = |objects: &[Value]| -> Value {
        let ingest = kustomize::object(objects, "StatefulSet", "ingest");
        ingest["spec"]["template"]["spec"]["containers"][0].clone()
    };
    for (component, card) in [("gpu-nvidia", "nvidia.com/gpu"), ("gpu-intel", "gpu.intel.com/i915")] {
        let mut objects = plain.clone();
        kustomize::build(&format!("k8s/components/{component}"), &mut objects);
        let (before, mut after) = (container(&plain), container(&objects));
        let limits = after["resources"]["limits"].as_object_mut().unwrap();
        assert_eq!(limits.remove(card), Some(json!("1")), "{component}");
        // What the driver is told is no setting of ingest's.
        let is_ours = |variable: &Value| !word(&variable["name"]).starts_with("NVIDIA_");
        after["env"].as_array_mut().unwrap().retain(is_ours);
        assert_eq!(after, before, "{component}");
        let ingest = kustomize::object(&objects, "StatefulSet", "ingest");
        let machines = ingest["spec"]["template"]["spec"]["nodeSelector"].as_object();
        assert!(machines.is_some_and(|labels| !labels.is_empty()), "{component}: any machine would do");
    }
}
