//! `k8s/` against the services' settings: names, ports, probes, secrets, and policies that let through what is configured.

use crate::{
    path, secrets,
    services::{self, Env, Listeners, SERVICES},
    strings, text, yaml,
};
use serde_json::{Value, json};

/// Base alone, and what an overlay lays over it.
const VARIANTS: [&str; 2] = ["k8s/base", "k8s/overlays/prod"];
/// What Kubernetes puts in the place of `$(POD_IP)`.
const POD_IP: &str = "10.1.2.3";

fn object(service: &str, kinds: &[&str]) -> Value {
    let mut all = yaml(&format!("k8s/base/{service}.yaml")).into_iter();
    all.find(|o| kinds.contains(&o["kind"].as_str().unwrap_or_default())).expect("the object is there")
}

pub(crate) fn pod(service: &str) -> Value {
    object(service, &["Deployment", "StatefulSet"])["spec"]["template"]["spec"].clone()
}

pub(crate) fn container(service: &str) -> Value {
    let pod = pod(service);
    assert_eq!(pod["containers"].as_array().unwrap().len(), 1);
    pod["containers"][0].clone()
}

/// The environment of a service's container: its settings, the overlay's over them, the container's own.
pub(crate) fn environment(variant: &str, service: &str) -> Env {
    let mut env = secrets::env_file(&text(&format!("k8s/base/{service}.env")));
    let over = format!("{variant}/{service}.env");
    if path(&over).exists() {
        env.extend(secrets::env_file(&text(&over)));
    }
    for variable in container(service)["env"].as_array().into_iter().flatten() {
        let name = variable["name"].as_str().unwrap();
        if name != "POD_IP" {
            let value = variable["value"].as_str().unwrap_or("from-a-field").replace("$(POD_IP)", POD_IP);
            env.insert(name.to_owned(), value);
        }
    }
    services::assert_own_names(service, &env);
    env
}

fn listeners(service: &str) -> Listeners {
    services::listeners(service, &environment(VARIANTS[0], service))
        .unwrap_or_else(|e| panic!("{service}: {e}"))
}

#[tokio::test]
async fn every_service_starts_with_the_settings_of_base_and_overlay() {
    let folder = tempfile::tempdir().unwrap();
    secrets::make(folder.path());
    let to = folder.path().to_str().unwrap();
    for variant in VARIANTS {
        for service in SERVICES {
            let mut env = environment(variant, service);
            if let Ok(peers) = std::fs::read_to_string(folder.path().join(format!("{service}.env"))) {
                env.extend(secrets::env_file(&peers));
            }
            for value in env.values_mut() {
                *value = value.replace("/run/secrets", to).replace("/var/lib/streamly", to);
            }
            services::start(service, &env).unwrap_or_else(|e| panic!("{variant}: {service}: {e}"));
        }
    }
}

#[test]
fn every_generated_config_map_is_read_by_its_service() {
    for variant in VARIANTS {
        let kustomization = yaml(&format!("{variant}/kustomization.yaml")).remove(0);
        let mut seen = 0;
        for generator in kustomization["configMapGenerator"].as_array().unwrap() {
            let service = generator["name"].as_str().unwrap().strip_prefix("streamly-").unwrap();
            assert_eq!(strings(&generator["envs"]), [format!("{service}.env")]);
            let read = container(service)["envFrom"].to_string();
            assert!(read.contains(&format!("\"streamly-{service}\"")), "{service}");
            seen += 1;
        }
        let files = std::fs::read_dir(path(variant)).unwrap();
        let files =
            files.filter(|f| f.as_ref().unwrap().path().extension().is_some_and(|e| e == "env")).count();
        assert_eq!(seen, files, "{variant}: every .env file is generated from");
    }
}

#[test]
fn ingest_has_somewhere_to_send_publishers_and_the_time_for_it() {
    let pod = pod("ingest");
    let pause = &container("ingest")["lifecycle"]["preStop"]["exec"]["command"];
    let ["sleep", pause] = strings(pause)[..] else { panic!("a pause before the stop: {pause}") };
    let given = pod["terminationGracePeriodSeconds"].as_u64().unwrap() - pause.parse::<u64>().unwrap();
    for variant in VARIANTS {
        let needed = services::ingest_stops_in(&environment(variant, "ingest"));
        assert!(given >= needed.as_secs(), "{variant}: killed after {given} s of {needed:?}");
    }
    let replicas = object("ingest", &["StatefulSet"])["spec"]["replicas"].as_u64().unwrap();
    assert!(replicas >= 2, "nobody can move");
    // Emptying a machine must neither be blocked nor take both.
    assert_eq!(object("ingest", &["PodDisruptionBudget"])["spec"]["maxUnavailable"], 1);
}

/// Bytes of a quantity in Gi.
fn gibibytes(quantity: &Value) -> u64 {
    quantity.as_str().and_then(|text| text.strip_suffix("Gi")).expect("in Gi").parse::<u64>().unwrap() << 30
}

/// Whether a volume of that limit has room for the rewind and the file system's own.
fn has_room(volumes: &Value, bytes: u64) -> bool {
    let volume =
        volumes.as_array().unwrap().iter().find(|volume| volume["name"] == "rewind").expect("a volume");
    gibibytes(&volume["emptyDir"]["sizeLimit"]) >= bytes + bytes / 20
}

#[test]
fn ingest_keeps_its_rewind_on_a_volume_that_has_room_for_it() {
    for variant in VARIANTS {
        let (rewind, bytes) = services::rewind(&environment(variant, "ingest"));
        let mounts = container("ingest")["volumeMounts"].clone();
        let mount =
            mounts.as_array().unwrap().iter().find(|mount| mount["name"] == "rewind").expect("mounted");
        assert!(rewind.starts_with(mount["mountPath"].as_str().unwrap()), "{rewind:?} is on the volume");
        assert_ne!(mount["readOnly"], true);
        assert!(has_room(&pod("ingest")["volumes"], bytes), "{variant}: the pod would be evicted");
        // Else it is the first to go when the machine's disk fills up.
        assert!(gibibytes(&container("ingest")["resources"]["requests"]["ephemeral-storage"]) >= bytes);
    }
    let patches = yaml("k8s/overlays/dev/one-replica.yaml");
    let patch =
        patches.iter().find(|patch| patch["metadata"]["name"] == "ingest").expect("ingest is patched");
    let pod = &patch["spec"]["template"]["spec"];
    let mut env = environment(VARIANTS[0], "ingest");
    for variable in pod["containers"][0]["env"].as_array().unwrap() {
        env.insert(variable["name"].as_str().unwrap().into(), variable["value"].as_str().unwrap().into());
    }
    assert!(has_room(&pod["volumes"], services::rewind(&env).1), "dev: the pod would be evicted");
}

#[tokio::test]
async fn ports_and_probes_are_those_of_the_listeners() {
    for service in SERVICES {
        let (container, listeners) = (container(service), listeners(service));
        let ports = container["ports"].as_array().unwrap();
        let mut declared: Vec<_> = ports.iter().map(|p| p["containerPort"].as_u64().unwrap()).collect();
        let mut listened: Vec<_> = listeners.values().map(|a| u64::from(a.port())).collect();
        declared.sort_unstable();
        listened.sort_unstable();
        assert_eq!(declared, listened, "{service}");

        let admin = ports.iter().find(|p| p["name"] == "admin").expect("an admin port");
        assert_eq!(admin["containerPort"], listeners["admin"].port());
        assert!(!listeners["admin"].ip().is_loopback(), "{service}: the node asks from outside the pod");
        for (probe, path) in [("startup", "live"), ("liveness", "live"), ("readiness", "ready")] {
            let asked = &container[format!("{probe}Probe")]["httpGet"];
            assert_eq!(
                *asked,
                json!({"path": format!("/health/{path}"), "port": "admin"}),
                "{service}: {probe}"
            );
        }
    }
}

#[tokio::test]
async fn services_lead_to_ports_that_are_open() {
    for service in SERVICES {
        let open = listeners(service);
        let declared = container(service)["ports"].clone();
        for object in yaml(&format!("k8s/base/{service}.yaml")).iter().filter(|o| o["kind"] == "Service") {
            assert_eq!(object["spec"]["selector"], json!({"app.kubernetes.io/name": service}));
            for port in object["spec"]["ports"].as_array().unwrap() {
                let target = declared.as_array().unwrap().iter().find(|p| p["name"] == port["targetPort"]);
                let number = target.expect("a named port")["containerPort"].as_u64().unwrap();
                assert_eq!(port["port"], number);
                let address = open.values().find(|a| u64::from(a.port()) == number).unwrap();
                assert!(!address.ip().is_loopback(), "{service}: nobody listens on {number} for others");
            }
        }
    }
}

#[test]
fn pods_meet_the_restricted_profile_and_bound_their_memory() {
    for service in SERVICES {
        let (pod, container) = (pod(service), container(service));
        assert_eq!(pod["automountServiceAccountToken"], false);
        assert_eq!(pod["enableServiceLinks"], false, "{service}: no stray names in the environment");
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["securityContext"]["runAsUser"], 10001, "the image's user");
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        let context = &container["securityContext"];
        assert_eq!(context["allowPrivilegeEscalation"], false);
        assert_eq!(context["readOnlyRootFilesystem"], true);
        assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}));
        assert!(container["resources"]["limits"]["memory"].is_string(), "{service}");
        assert!(container["resources"]["requests"]["cpu"].is_string(), "{service}");
    }
}

#[test]
fn pods_of_a_service_are_spread_over_machines() {
    for service in SERVICES {
        let spread = json!([{
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/name": service}}
        }]);
        assert_eq!(pod(service)["topologySpreadConstraints"], spread, "{service}");
    }
}

#[test]
fn the_example_names_exactly_the_secrets_that_are_read() {
    let example = yaml("k8s/base/secrets.example.yaml");
    for service in SERVICES {
        let name = format!("streamly-{service}");
        let secret = example.iter().find(|o| o["kind"] == "Secret" && o["metadata"]["name"] == name.as_str());
        let keys = secret.expect("an example")["stringData"].as_object().unwrap();
        assert!(keys.values().all(|v| v == ""), "the example has no values");
        let mut keys: Vec<_> = keys.keys().map(String::as_str).collect();
        let env = environment(VARIANTS[0], service);
        let mut read: Vec<_> = env.values().filter_map(|v| v.strip_prefix("/run/secrets/")).collect();
        keys.sort_unstable();
        read.sort_unstable();
        assert_eq!(keys, read, "{service}");
        assert!(
            pod(service)["volumes"].to_string().contains(&format!("\"secretName\":\"{name}\"")),
            "{service}"
        );
    }
}

/// Whether the policy of `service` has a rule that lets `peer` through on `port`.
pub(crate) fn allows(service: &str, direction: &str, peer: &str, port: u16) -> bool {
    let policies = yaml("k8s/base/network-policies.yaml");
    let policy = policies.iter().find(|p| p["metadata"]["name"] == service).expect("a policy");
    let side = if direction == "ingress" { "from" } else { "to" };
    policy["spec"][direction].as_array().unwrap().iter().any(|rule| {
        let open = rule["ports"].as_array().unwrap().iter().any(|p| p["port"] == port);
        let wanted = json!({"app.kubernetes.io/name": peer});
        let named = rule[side]
            .as_array()
            .is_none_or(|all| all.iter().any(|s| s["podSelector"]["matchLabels"] == wanted));
        open && named
    })
}

#[test]
fn policies_let_every_configured_call_through_and_deny_the_rest() {
    let policies = yaml("k8s/base/network-policies.yaml");
    let deny = policies.iter().find(|p| p["metadata"]["name"] == "deny-all").unwrap();
    assert_eq!(deny["spec"], json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}));
    let mut seen = 0;
    for service in SERVICES {
        for (name, host, port) in services::calls(&environment(VARIANTS[0], service)) {
            assert!(allows(service, "egress", &host, port), "{service} may not call {host}:{port} ({name})");
            if SERVICES.contains(&host.as_str()) {
                assert!(
                    allows(&host, "ingress", service, port),
                    "{host}:{port} does not let {service} in ({name})"
                );
            }
            seen += 1;
        }
    }
    assert!(seen >= 15, "the calls are found: {seen}");
    assert!(
        allows("web", "egress", "ingest", 8000) && allows("ingest", "ingress", "web", 8000),
        "the edge fetches"
    );
    assert!(!allows("ingest", "egress", "postgres", 5432) && !allows("web", "egress", "postgres", 5432));
}

/// What a public address is not (RFC 6890), as far as clusters and machines use it.
const NOT_PUBLIC: [&str; 6] =
    ["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

/// The ports that a service may call at public addresses of IPv4. It may call no others by address.
fn public_ports(service: &str) -> Vec<u64> {
    let policies = yaml("k8s/base/network-policies.yaml");
    let policy = policies.iter().find(|p| p["metadata"]["name"] == service).expect("a policy");
    let mut ports = Vec::new();
    for rule in policy["spec"]["egress"].as_array().unwrap() {
        let peers = rule["to"].as_array().unwrap_or_else(|| panic!("{service} may call anybody: {rule}"));
        for block in peers.iter().map(|peer| &peer["ipBlock"]).filter(|block| block.is_object()) {
            match block["cidr"].as_str() {
                Some("0.0.0.0/0") => {
                    assert_eq!(strings(&block["except"]), NOT_PUBLIC, "{service}");
                    ports.extend(rule["ports"].as_array().unwrap().iter().filter_map(|p| p["port"].as_u64()));
                }
                // All that is given out as public so far.
                Some("2000::/3") => {}
                other => panic!("{service} may call {other:?}"),
            }
        }
    }
    ports
}

#[test]
fn mail_webhooks_and_push_services_are_called_at_public_addresses_and_nothing_else_is() {
    for service in SERVICES {
        let wanted: &[u64] = match service {
            "user" => &[25, 465, 587],
            "stream" => &[443, 8443],
            _ => &[],
        };
        assert_eq!(public_ports(service), wanted, "{service}");
    }
    let source = text("services/user/src/config/mail.rs");
    for port in public_ports("user") {
        assert!(source.contains(&format!("=> {port},")), "{port} is no usual port of mail.smtp.tls");
    }
    // A mail server inside is let through by who names it.
    let component = yaml("k8s/components/mail-inside/kustomization.yaml").remove(0);
    assert_eq!(strings(&component["resources"]), ["network-policy.yaml"]);
    let inside = yaml("k8s/components/mail-inside/network-policy.yaml").remove(0)["spec"].clone();
    assert_eq!(inside["podSelector"]["matchLabels"], json!({"app.kubernetes.io/name": "user"}));
    assert_eq!(inside["policyTypes"], json!(["Egress"]));
    let rule = &inside["egress"][0];
    assert!(rule["to"][0]["namespaceSelector"]["matchLabels"].is_object(), "{rule}");
    assert_eq!(rule["ports"], json!([{"port": 25}, {"port": 465}, {"port": 587}]));
}

#[test]
fn traces_are_let_out_of_every_service_by_who_names_the_collector() {
    let component = yaml("k8s/components/tracing/kustomization.yaml").remove(0);
    assert_eq!(strings(&component["resources"]), ["network-policy.yaml"]);
    let policy = yaml("k8s/components/tracing/network-policy.yaml").remove(0)["spec"].clone();
    let mut named = strings(&policy["podSelector"]["matchExpressions"][0]["values"]);
    named.sort_unstable();
    let mut services = SERVICES.to_vec();
    services.sort_unstable();
    assert_eq!(named, services);
    assert_eq!(policy["policyTypes"], json!(["Egress"]));
    // As OTLP by gRPC is listened for (opentelemetry.io, "OTLP/gRPC default port").
    assert_eq!(policy["egress"][0]["ports"], json!([{"port": 4317}]));
}
