//! The Ingress of the example `k8s/overlays/prod`: what it leads where, and that web, and chat, which it asks without web, take what it brings.

use crate::{
    kubernetes, kustomize,
    services::{self, Env},
};
use serde_json::{Value, json};

const PROD: &str = "k8s/overlays/prod";

fn chat(env: &Env) -> streamly_chat::Config {
    streamly_config::load("chat", None, env).unwrap()
}

fn web(env: &Env) -> streamly_web::Config {
    streamly_config::load("web", None, env).unwrap()
}

/// Whether pods, which have such addresses, are believed and people are not.
fn believes_pods_alone(proxies: &[streamly_config::Network]) -> bool {
    let believes = |text: &str| proxies.iter().any(|network| network.contains(text.parse().unwrap()));
    believes("10.1.2.3") && !believes("203.0.113.9")
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
    // Without it all people count as the controller.
    assert!(believes_pods_alone(&chat(&env).trusted_proxies));
}

#[tokio::test]
async fn people_come_to_web_by_the_controller_alone_and_count_each_by_themselves() {
    let objects = kustomize::rendered(PROD);
    let env = kubernetes::environment(PROD, "web");
    let port = services::listeners("web", &env).unwrap()["http"].port();
    let policy = &kustomize::object(&objects, "NetworkPolicy", "web")["spec"];
    let is_open = |rule: &&Value| rule["ports"].as_array().unwrap().iter().any(|open| open["port"] == port);
    let rules: Vec<&Value> = policy["ingress"].as_array().unwrap().iter().filter(is_open).collect();
    let [rule] = rules[..] else { panic!("one rule for {port}: {policy}") };
    let from = rule["from"].as_array().expect("who says whose a request is cannot be anybody");
    let (inside, outside): (Vec<&Value>, Vec<&Value>) =
        from.iter().partition(|peer| peer["namespaceSelector"].is_null());
    assert_eq!(inside, [&json!({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "ctl"}}})]);
    let sockets = &kustomize::object(&objects, "NetworkPolicy", "sockets")["spec"]["ingress"][0]["from"];
    assert_eq!(outside, sockets.as_array().unwrap().iter().collect::<Vec<_>>(), "the same controller");
    assert!(believes_pods_alone(&web(&env).trusted_proxies));
    // All else is as the base has it.
    let base = kustomize::rendered("k8s/base");
    let base = &kustomize::object(&base, "NetworkPolicy", "web")["spec"];
    let others = |policy: &Value| -> Vec<Value> {
        policy["ingress"].as_array().unwrap().iter().filter(|rule| !is_open(rule)).cloned().collect()
    };
    assert_eq!((others(policy), &policy["egress"]), (others(base), &base["egress"]));
}

#[test]
fn what_web_takes_is_not_too_large_for_the_controller() {
    let objects = kustomize::rendered(PROD);
    let annotations = &kustomize::object(&objects, "Ingress", "web")["metadata"]["annotations"];
    let said = annotations["nginx.ingress.kubernetes.io/proxy-body-size"].as_str().expect("not its own 1m");
    let most: u64 = said.strip_suffix('m').expect("in mebibytes").parse().unwrap();
    let taken = web(&kubernetes::environment(PROD, "web")).max_upload.bytes();
    assert!(most << 20 >= taken, "{said}, and web takes {taken} bytes");
}
