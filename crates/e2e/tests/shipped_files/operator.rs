//! Where an operator's commands run, in `docker-compose.yml` and `k8s/`: their settings are read, their calls get through, and they hold
//! one secret.

use crate::{
    compose, kubernetes, secrets,
    services::{self, Env, SERVICES},
    strings, text, yaml,
};
use serde_json::json;

/// What the commands are called in images, manifests and settings.
const CTL: &str = "ctl";
/// The one secret.
const KEY: &str = "/run/secrets/service-operator.key";

fn both() -> [(&'static str, Env); 2] {
    let made = tempfile::tempdir().unwrap();
    secrets::make(made.path());
    [
        ("compose", compose::environment(&compose::file(), CTL, made.path())),
        ("k8s", secrets::env_file(&text("k8s/base/ctl.env"))),
    ]
}

#[test]
fn its_settings_are_read_and_nothing_else_is_given() {
    for (place, env) in both() {
        services::assert_own_names(CTL, &env);
        let config: streamly_ctl::Config =
            streamly_config::load(CTL, None, &env).unwrap_or_else(|e| panic!("{place}: {e}"));
        assert!(
            config.user.is_some() && config.chat.is_some() && config.web.is_some(),
            "{place}: all are asked"
        );
        let read: Vec<_> = env.values().filter(|value| value.starts_with("/run/secrets/")).collect();
        assert_eq!(read, [KEY], "{place}");
    }
}

#[tokio::test]
async fn each_of_its_calls_goes_to_a_listener_that_lets_it_in() {
    for (place, env) in both() {
        let calls = services::calls(&env);
        assert_eq!(calls.len(), 4, "{place}: stream, user, chat and web");
        for (name, host, port) in calls {
            let callee = match place {
                "k8s" => secrets::env_file(&text(&format!("k8s/base/{host}.env"))),
                _ => {
                    let made = tempfile::tempdir().unwrap();
                    secrets::make(made.path());
                    compose::moved(&compose::environment(&compose::file(), &host, made.path()), made.path())
                }
            };
            let open = services::listeners(&host, &callee).unwrap();
            let heard = open.values().any(|at| at.port() == port && !at.ip().is_loopback());
            assert!(heard, "{place}: {name}: nobody listens on {host}:{port}");
            if place == "k8s" {
                assert!(kubernetes::allows(CTL, "egress", &host, port), "{name}: not let out");
                assert!(kubernetes::allows(&host, "ingress", CTL, port), "{name}: not let in");
            }
        }
    }
    // Where nodes tell that they are.
    assert!(kubernetes::allows(CTL, "egress", "ingest", 9000));
    assert!(kubernetes::allows("ingest", "ingress", CTL, 9000));
}

#[test]
fn its_pod_is_restricted_and_alone_has_the_operators_key() {
    let (pod, container) = (kubernetes::pod(CTL), kubernetes::container(CTL));
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["enableServiceLinks"], false);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let context = &container["securityContext"];
    assert_eq!(context["allowPrivilegeEscalation"], false);
    assert_eq!(context["readOnlyRootFilesystem"], true);
    assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}));
    assert!(container["resources"]["limits"]["memory"].is_string());
    assert!(container["ports"].is_null(), "it listens nowhere");

    let example = yaml("k8s/base/secrets.example.yaml");
    let keys = |service: &str| {
        let name = format!("streamly-{service}");
        let found = example.iter().find(|o| o["kind"] == "Secret" && o["metadata"]["name"] == name.as_str());
        found.expect("an example")["stringData"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys(CTL), ["service-operator.key"]);
    assert!(pod["volumes"].to_string().contains("\"secretName\":\"streamly-ctl\""));
    let compose = compose::file();
    assert_eq!(strings(&compose["services"][CTL]["secrets"]), ["service-operator.key"]);
    for service in SERVICES {
        assert!(!keys(service).iter().any(|key| key.contains("operator")), "{service}");
        let given = strings(&compose["services"][service]["secrets"]);
        assert!(!given.iter().any(|secret| secret.contains("operator")), "{service}");
    }
}

#[test]
fn its_image_waits_to_be_told() {
    let file = text("deploy/docker/Dockerfile");
    let stage = file.split("FROM runtime AS ctl\n").nth(1).expect("a stage");
    let stage = stage.split("\nFROM ").next().unwrap();
    assert!(stage.contains("ENTRYPOINT [\"/usr/local/bin/streamlyctl\"]\nCMD [\"wait\"]"), "{stage}");
    assert!(!stage.contains("EXPOSE") && !stage.contains("USER "), "{stage}");
    // Without a profile `docker compose up` would start it, to no purpose.
    assert_eq!(strings(&compose::file()["services"][CTL]["profiles"]), [CTL]);
}
