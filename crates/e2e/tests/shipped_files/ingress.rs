//! The Ingress of the example `k8s/overlays/prod`: what it leads where, and that chat, which it asks without web, takes what it brings.

use crate::{
    kubernetes, kustomize,
    services::{self, Env},
};
use serde_json::{Value, json};

const PROD: &str = "k8s/overlays/prod";

fn chat(env: &Env) -> streamly_chat::Config {
    streamly_config::load("chat", None, env).unwrap()
}

/// The one rule of an Ingress: its host, path, kind of path, service and the name of its port.
fn led(ingress: &Value) -> [&str; 5] {
    let rules = ingress["spec"]["rules"].as_array().unwrap();
    let paths = rules[0]["http"]["paths"].as_array().unwrap();
    assert_eq!((rules.len(), paths.len()), (1, 1), "{ingress}");
    let service = &paths[0]["backend"]["service"];
    let said = [
        &rules[0]["host"],
        &paths[0]["path"],
        &paths[0]["pathType"],
        &service["name"],
        &service["port"]["name"],
    ];
    said.map(|value| value.as_str().unwrap_or_else(|| panic!("{ingress}")))
}

#[tokio::test]
async fn sockets_are_led_to_chats_own_listener_and_all_else_to_web() {
    let objects = kustomize::rendered(PROD);
    for (name, rule) in [
        ("web", ["stream.example", "/", "Prefix", "web", "http"]),
        ("chat", ["stream.example", "/ws", "Exact", "chat", "ws"]),
    ] {
        let ingress = kustomize::object(&objects, "Ingress", name);
        assert_eq!(led(ingress), rule);
        let [host, _, _, service, port_name] = rule;
        let ports = &kustomize::object(&objects, "Service", service)["spec"]["ports"];
        let port = ports.as_array().unwrap().iter().find(|port| port["name"] == port_name);
        let env = kubernetes::environment(PROD, service);
        let listens = services::listeners(service, &env).unwrap()["http"].port();
        assert_eq!(port.expect("a port of that name")["port"], listens, "{name}");
        // Pages of that host may open sockets, and are told to do it there.
        let public = &env[&format!("STREAMLY_{}__PUBLIC_URL", service.to_uppercase())];
        assert_eq!(*public, format!("https://{host}"), "{name}");
        assert_eq!(ingress["spec"]["tls"][0]["hosts"], json!([host]), "{name}");
    }
    let web = kubernetes::environment(PROD, "web");
    assert!(!web.contains_key("STREAMLY_WEB__CHAT_PUBLIC_URL"), "sockets are at the same origin");
    let ingresses = objects.iter().filter(|object| object["kind"] == "Ingress").count();
    assert_eq!(ingresses, 2, "nothing else is public");
}

#[test]
fn its_time_outs_are_above_what_chat_may_be_silent() {
    let objects = kustomize::rendered(PROD);
    let annotations = &kustomize::object(&objects, "Ingress", "chat")["metadata"]["annotations"];
    let limits = chat(&kubernetes::environment(PROD, "chat")).limits;
    let silent = limits.heartbeat.get() + limits.pong_timeout.get();
    for which in ["proxy-read-timeout", "proxy-send-timeout"] {
        let said = annotations[format!("nginx.ingress.kubernetes.io/{which}")].as_str().unwrap();
        assert!(
            said.parse::<u64>().unwrap() > 2 * silent.as_secs(),
            "{which}: {said} s, silent for {silent:?}"
        );
    }
}

#[tokio::test]
async fn the_controller_alone_reaches_the_sockets_and_is_believed_whom_it_brings() {
    let objects = kustomize::rendered(PROD);
    let env = kubernetes::environment(PROD, "chat");
    let port = services::listeners("chat", &env).unwrap()["http"].port();
    let policy = &kustomize::object(&objects, "NetworkPolicy", "sockets")["spec"];
    assert_eq!(policy["podSelector"], json!({"matchLabels": {"app.kubernetes.io/name": "chat"}}));
    assert_eq!(policy["policyTypes"], json!(["Ingress"]));
    let rules = policy["ingress"].as_array().unwrap();
    assert_eq!((rules.len(), &rules[0]["ports"]), (1, &json!([{"port": port}])), "the sockets' port alone");
    let from = rules[0]["from"].as_array().unwrap();
    assert_eq!(from.len(), 1);
    for selector in ["namespaceSelector", "podSelector"] {
        let labels = from[0][selector]["matchLabels"].as_object();
        assert!(labels.is_some_and(|labels| !labels.is_empty()), "{selector} names whom: {policy}");
    }
    assert!(kubernetes::allows("chat", "ingress", "web", port), "the tunnel stays");
    assert!(!kubernetes::allows("chat", "ingress", "ingest", port));
    // Pods have such addresses; without it all people count as the controller.
    let proxies = chat(&env).trusted_proxies;
    let pod = "10.1.2.3".parse().unwrap();
    assert!(proxies.iter().any(|network| network.contains(pod)));
    assert!(!proxies.iter().any(|network| network.contains("203.0.113.9".parse().unwrap())));
}
