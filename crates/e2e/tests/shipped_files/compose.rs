//! `docker-compose.yml` against the services' settings.

use crate::{
    path, secrets,
    services::{self, Env, SERVICES},
    strings, yaml,
};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

pub(crate) fn file() -> Value {
    yaml("docker-compose.yml").remove(0)
}

/// `${NAME:-default}` becomes the default, `$$` a dollar.
fn interpolated(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else {
            let (inside, after) =
                after.strip_prefix('{').and_then(|a| a.split_once('}')).expect("${NAME:-default}");
            out.push_str(inside.split_once(":-").expect("every variable has a default").1);
            rest = after;
        }
    }
    out + rest
}

/// A service's environment, its files included; `secrets` is where those and the secrets are.
pub(crate) fn environment(compose: &Value, service: &str, secrets: &Path) -> Env {
    let service = &compose["services"][service];
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), interpolated);
    let named = service["environment"].as_object().expect("environment is a map");
    let mut env: Env = named.iter().map(|(k, v)| (k.clone(), text(v))).collect();
    for file in strings(&service["env_file"]) {
        let name = file.strip_prefix("deploy/secrets/").expect("made by make-secrets");
        env.extend(secrets::env_file(&fs::read_to_string(secrets.join(name)).unwrap()));
    }
    env
}

/// The same with the paths inside the container moved to `secrets`.
pub(crate) fn moved(env: &Env, secrets: &Path) -> Env {
    let to = secrets.to_str().unwrap();
    let moved = |v: &String| v.replace("/run/secrets", to).replace("/var/lib/streamly", to);
    env.iter().map(|(k, v)| (k.clone(), moved(v))).collect()
}

pub(crate) fn fixture() -> (Value, tempfile::TempDir, BTreeMap<&'static str, Env>) {
    let (compose, folder) = (file(), tempfile::tempdir().unwrap());
    secrets::make(folder.path());
    let all = SERVICES.map(|s| (s, environment(&compose, s, folder.path())));
    (compose, folder, all.into())
}

#[tokio::test]
async fn every_service_starts_with_the_settings_and_secrets_of_the_compose_file() {
    let (_, folder, all) = fixture();
    for (service, env) in &all {
        services::assert_own_names(service, env);
        services::start(service, &moved(env, folder.path())).unwrap_or_else(|e| panic!("{service}: {e}"));
    }
}

#[test]
fn ingest_is_given_the_time_that_it_drains_for() {
    let (compose, folder, all) = fixture();
    let given = compose["services"]["ingest"]["stop_grace_period"].as_str().unwrap();
    let given: u64 = given.strip_suffix('s').unwrap().parse().unwrap();
    let needed = services::ingest_stops_in(&moved(&all["ingest"], folder.path()));
    assert!(given >= needed.as_secs(), "killed after {given} s of {needed:?}");
}

/// The folder is on a named volume that the service may write.
pub(crate) fn is_on_a_volume(compose: &Value, service: &str, folder: &Path) {
    let volumes = strings(&compose["services"][service]["volumes"]);
    let mounts: Vec<_> = volumes.iter().filter_map(|volume| volume.split_once(':')).collect();
    let mount = mounts.iter().find(|(_, at)| folder.starts_with(at));
    let (volume, at) =
        mount.unwrap_or_else(|| panic!("{folder:?} is in none of {volumes:?}, and / is read-only"));
    assert!(compose["volumes"].get(volume).is_some(), "{volume} is a named volume");
    // A named volume takes the owner of the folder that the image has there.
    let owned = format!("install -d -o streamly -g streamly -m 0750 {at}");
    assert!(
        crate::text("deploy/docker/Dockerfile").contains(&owned),
        "the image has no {at} of the user's own"
    );
}

#[test]
fn ingest_keeps_its_rewind_on_a_volume() {
    let (compose, _folder, all) = fixture();
    is_on_a_volume(&compose, "ingest", &services::rewind(&all["ingest"]).0);
}

#[tokio::test]
async fn a_misspelt_setting_would_be_found() {
    let (_, folder, mut all) = fixture();
    let mut env = moved(&all.remove("user").unwrap(), folder.path());
    env.insert("STREAMLY_USER__PUBLIC_ULR".into(), "x".into());
    assert!(services::listeners("user", &env).unwrap_err().contains("public_ulr"));
}

/// The networks that a service is on.
fn networks(compose: &Value, service: &str) -> Vec<String> {
    match &compose["services"][service]["networks"] {
        Value::Object(map) => map.keys().cloned().collect(),
        list => strings(list).into_iter().map(Into::into).collect(),
    }
}

#[tokio::test]
async fn every_call_goes_to_a_listener_on_a_shared_network() {
    let (compose, _folder, all) = fixture();
    let mut seen = 0;
    for (service, env) in &all {
        for (name, host, port) in services::calls(env) {
            let open = match host.as_str() {
                "postgres" => port == 5432,
                "redis" => port == 6379,
                "minio" => port == 9000,
                callee => services::listeners(callee, &all[callee])
                    .unwrap()
                    .values()
                    .any(|address| address.port() == port && !address.ip().is_loopback()),
            };
            assert!(open, "{service}: {name}: nobody listens on {host}:{port}");
            let shared = networks(&compose, service).iter().any(|n| networks(&compose, &host).contains(n));
            assert!(shared, "{service} and {host} share no network");
            seen += 1;
        }
    }
    assert!(seen >= 15, "the calls are found: {seen}");
}

#[tokio::test]
async fn only_web_and_rtmp_are_published_and_the_stores_are_inside() {
    let (compose, _folder, all) = fixture();
    let published: Vec<_> = compose["services"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(name, service)| strings(&service["ports"]).into_iter().map(move |p| (name.as_str(), p)))
        .collect();
    let public = [("ingest", "1935:1935"), ("ingest", "1936:1936"), ("web", "3000:3000")];
    // Dashboards are for this machine's browser.
    let here = [("grafana", "127.0.0.1:3001:3000")];
    assert_eq!(published, [&here[..], &public[..]].concat());
    assert_eq!(services::listeners("web", &all["web"]).unwrap()["http"].port(), 3000);
    let ingest = services::listeners("ingest", &all["ingest"]).unwrap();
    assert_eq!((ingest["rtmp"].port(), ingest["rtmps"].port()), (1935, 1936));
    for store in ["postgres", "redis", "minio", "minio-bucket"] {
        assert_eq!(strings(&compose["services"][store]["networks"]), ["data"]);
    }
    assert_eq!(strings(&compose["services"]["prometheus"]["networks"]), ["inside"]);
    for network in ["data", "inside"] {
        assert_eq!(compose["networks"][network]["internal"], true);
    }
}

#[test]
fn who_calls_the_internet_has_a_way_out_and_web_comes_from_its_fixed_address() {
    let compose = file();
    let is_internal = |network: &String| compose["networks"][network.as_str()]["internal"] == true;
    for service in SERVICES {
        // Mail, webhooks and push services; ingest and web are called. chat has no business outside.
        let has_a_way_out = !networks(&compose, service).iter().all(is_internal);
        assert_eq!(has_a_way_out, service != "chat", "{service}");
    }
    // A name leads to a network with a way out first, and there web has another address than the one that is believed.
    let of_web = networks(&compose, "web");
    for service in ["user", "stream", "chat"] {
        let shared = networks(&compose, service).into_iter().filter(|network| of_web.contains(network));
        let shared: Vec<String> = shared.collect();
        assert!(shared.iter().all(is_internal), "{service} and web share {shared:?}");
    }
}

#[test]
fn the_fixed_addresses_are_those_that_are_believed_and_fetched_from() {
    let (compose, _folder, all) = fixture();
    let fixed = |service: &str| {
        interpolated(
            compose["services"][service]["networks"]["inside"]["ipv4_address"].as_str().expect("fixed"),
        )
    };
    for service in ["USER", "CHAT"] {
        let trusted = &all[service.to_lowercase().as_str()][&format!("STREAMLY_{service}__TRUSTED_PROXIES")];
        assert_eq!(*trusted, format!("[\"{}\"]", fixed("web")));
    }
    let origin = &all["ingest"]["STREAMLY_INGEST__ORIGIN_URL"];
    assert_eq!(services::host_and_port(origin).unwrap().0, fixed("ingest"));
}

#[test]
fn each_secret_is_made_given_to_those_who_read_it_and_to_nobody_else() {
    let (compose, folder, all) = fixture();
    for (name, secret) in compose["secrets"].as_object().unwrap() {
        assert_eq!(secret["file"], format!("deploy/secrets/{name}"));
        assert!(folder.path().join(name).is_file(), "make-secrets does not make {name}");
    }
    for (service, env) in &all {
        let mut read: Vec<_> = env.values().filter_map(|v| v.strip_prefix("/run/secrets/")).collect();
        let mut given = strings(&compose["services"][service]["secrets"]);
        read.sort_unstable();
        given.sort_unstable();
        assert_eq!(read, given, "{service}");
    }
    for ignored in ["deploy/.gitignore", ".dockerignore"] {
        assert!(crate::text(ignored).contains("secrets"), "{ignored} leaves the secrets out");
    }
    assert!(path("deploy/postgres/create-databases.sh").is_file());
}

#[test]
fn what_a_service_names_is_there() {
    let compose = file();
    let services = compose["services"].as_object().unwrap();
    let has = |kind: &str, name: &str| compose[kind].get(name).is_some();
    for (name, service) in services {
        for network in networks(&compose, name) {
            assert!(has("networks", network.as_str()), "{name} is on {network}");
        }
        for secret in strings(&service["secrets"]) {
            assert!(has("secrets", secret), "{name} is given {secret}");
        }
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let source = volume["source"].as_str().or_else(|| volume.as_str()?.split(':').next()).unwrap();
            let is_ours = source.starts_with("./") && path(source).exists();
            assert!(is_ours || has("volumes", source), "{name} is given {source}");
        }
        let others: Vec<&str> = match &service["depends_on"] {
            Value::Object(conditions) => conditions.keys().map(String::as_str).collect(),
            list => strings(list),
        };
        for other in others {
            assert!(services.contains_key(other), "{name} waits for {other}");
        }
    }
}

#[test]
fn what_may_be_laid_over_changes_services_that_are_there_and_opens_nothing() {
    let compose = file();
    let mut seen = 0;
    for entry in fs::read_dir(path("deploy/compose")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let over = yaml(&format!("deploy/compose/{name}")).remove(0);
        let told = format!("`compose/{name}`");
        assert!(crate::text("deploy/README.md").contains(&told), "{told} is not told of");
        for (service, change) in over["services"].as_object().unwrap() {
            let is_there = compose["services"].get(service).is_some();
            assert!(is_there || change["image"].is_string(), "{name}: there is no service {service}");
            for network in strings(&change["networks"]) {
                assert!(compose["networks"].get(network).is_some(), "{name}: {service} is on {network}");
            }
            for port in strings(&change["ports"]) {
                assert!(port.starts_with("127.0.0.1:"), "{name}: {service} opens {port} to everybody");
            }
            for watched in change["develop"]["watch"].as_array().into_iter().flatten() {
                let at = watched["path"].as_str().unwrap();
                assert!(path(at).exists(), "{name}: {service} watches {at}, which is not there");
            }
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen} changes");
    let vaapi = yaml("deploy/compose/gpu-vaapi.yml").remove(0);
    assert_eq!(interpolated(vaapi["services"]["ingest"]["group_add"][0].as_str().unwrap()), "109");
}

#[test]
fn every_service_names_a_database_that_is_made() {
    let (_, _folder, all) = fixture();
    let script = crate::text("deploy/postgres/create-databases.sh");
    assert_eq!(script, crate::text("k8s/overlays/dev/create-databases.sh"), "the copy is the same");
    // Any key of `postgres` replaces the service's own default of the database, so each names it.
    for service in ["user", "stream", "chat"] {
        let name = format!("STREAMLY_{}__POSTGRES__DATABASE", service.to_uppercase());
        let kubernetes = secrets::env_file(&crate::text(&format!("k8s/base/{service}.env")));
        for env in [&all[service], &kubernetes] {
            let database = env.get(&name).unwrap_or_else(|| panic!("{service} has no {name}"));
            assert!(script.contains(&format!("CREATE DATABASE {database} OWNER streamly;")), "{database}");
        }
    }
}
