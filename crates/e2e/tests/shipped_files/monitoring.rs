//! `deploy/monitoring/` against itself, docs/RUNBOOKS.md and `docker-compose.yml`. That alerts fire and clear, `scripts/alert-tests` proves;
//! that their metrics are told, the test `metrics`.

use crate::{
    compose, path, secrets,
    services::{self, SERVICES},
    strings, text, yaml,
};
use serde_json::Value;
use std::{collections::BTreeSet, fs};

const FOLDER: &str = "deploy/monitoring";

fn alerts() -> Vec<Value> {
    let file = yaml(&format!("{FOLDER}/alerts.yml")).remove(0);
    let groups = file["groups"].as_array().unwrap().iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().unwrap());
    rules.filter(|rule| rule["alert"].is_string()).cloned().collect()
}

/// The anchor of a heading, as GitHub makes it of one word.
fn anchor(heading: &str) -> String {
    assert!(heading.bytes().all(|b| b.is_ascii_alphanumeric()), "{heading}: one word");
    heading.to_lowercase()
}

#[test]
fn each_alert_has_a_test_and_a_runbook_and_nothing_else_has() {
    let alerts = alerts();
    let names: Vec<&str> = alerts.iter().map(|alert| alert["alert"].as_str().unwrap()).collect();
    let alone: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), alone.len(), "one name twice: {names:?}");

    let tests = yaml(&format!("{FOLDER}/alerts.test.yml")).remove(0);
    // "NAME" or "NAME, where …".
    let name = |test: &Value| test["name"].as_str().unwrap().split(',').next().unwrap().to_owned();
    let tested: BTreeSet<String> = tests["tests"].as_array().unwrap().iter().map(name).collect();
    assert_eq!(tested.iter().map(String::as_str).collect::<BTreeSet<_>>(), alone, "alerts.test.yml");

    let runbooks = text("docs/RUNBOOKS.md");
    let headings: Vec<&str> = runbooks.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(headings, names, "docs/RUNBOOKS.md has them in the order of alerts.yml");
    for alert in &alerts {
        let name = alert["alert"].as_str().unwrap();
        let url = alert["annotations"]["runbook_url"].as_str().unwrap();
        assert_eq!(url, format!("docs/RUNBOOKS.md#{}", anchor(name)));
        assert!(["critical", "warning"].contains(&alert["labels"]["severity"].as_str().unwrap()), "{name}");
        for what in ["summary", "description"] {
            assert!(
                alert["annotations"][what].as_str().is_some_and(|words| !words.is_empty()),
                "{name}: {what}"
            );
        }
    }
    let anchors: BTreeSet<String> = names.iter().map(|name| anchor(name)).collect();
    for link in runbooks.split("](#").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        assert!(anchors.contains(link), "docs/RUNBOOKS.md leads to #{link}");
    }
}

#[test]
fn each_panel_says_what_it_shows_and_dashboards_are_told_apart() {
    let source = yaml(&format!("{FOLDER}/grafana/provisioning/datasources/prometheus.yml")).remove(0);
    let source = source["datasources"][0]["uid"].as_str().unwrap().to_owned();
    let mut uids = BTreeSet::new();
    for file in fs::read_dir(path(&format!("{FOLDER}/grafana/dashboards"))).unwrap() {
        let file = file.unwrap().path();
        let board: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let place = file.display();
        let uid =
            board["uid"].as_str().filter(|uid| !uid.is_empty()).unwrap_or_else(|| panic!("{place}: no uid"));
        assert!(uids.insert(uid.to_owned()), "{place}: {uid} is another one's");
        let mut ids = BTreeSet::new();
        for panel in board["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap_or_default();
            assert!(!title.is_empty(), "{place}: a panel without a title: {panel}");
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{place}: {title}: its id is another one's");
            if panel["type"] == "row" {
                continue;
            }
            let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap_or_default();
            assert!(!unit.is_empty(), "{place}: {title}: no unit");
            assert_eq!(panel["datasource"]["uid"], source.as_str(), "{place}: {title}");
            assert!(
                panel["targets"].as_array().is_some_and(|all| !all.is_empty()),
                "{place}: {title}: shows nothing"
            );
        }
    }
    assert!(!uids.is_empty());
}

#[tokio::test]
async fn prometheus_asks_each_service_where_it_tells() {
    let config = yaml(&format!("{FOLDER}/prometheus.yml")).remove(0);
    for file in strings(&config["rule_files"]) {
        assert!(path(FOLDER).join(file).is_file(), "{file}");
    }
    let job = config["scrape_configs"].as_array().unwrap().iter().find(|job| job["job_name"] == "streamly");
    let job = job.expect("alerts go by this job");
    assert_eq!(job["honor_labels"], true, "services say by themselves whose a metric is");
    let (compose, made) = (compose::file(), tempfile::tempdir().unwrap());
    secrets::make(made.path());
    let mut asked = Vec::new();
    for target in job["static_configs"].as_array().unwrap() {
        let service = target["labels"]["service"].as_str().unwrap();
        let env = compose::moved(&compose::environment(&compose, service, made.path()), made.path());
        let admin = services::listeners(service, &env).unwrap()["admin"];
        assert_eq!(strings(&target["targets"]), [format!("{service}:{}", admin.port())]);
        assert!(!admin.ip().is_loopback(), "{service} tells nobody else");
        asked.push(service.to_owned());
    }
    assert_eq!(asked, SERVICES);
}

#[test]
fn kubernetes_has_the_same_alerts_and_scrapes_the_same_listeners() {
    let rules = yaml("k8s/components/monitoring/prometheus-rule.yaml").remove(0);
    assert_eq!(rules["spec"], yaml("deploy/monitoring/alerts.yml").remove(0));
    let monitor = yaml("k8s/components/monitoring/pod-monitor.yaml").remove(0);
    let chosen = strings(&monitor["spec"]["selector"]["matchExpressions"][0]["values"]);
    assert_eq!(chosen, SERVICES);
    let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
    // The name of each service's admin port, which `kubernetes` compares with its listener.
    assert_eq!((endpoint["port"].as_str(), endpoint["honorLabels"].as_bool()), (Some("admin"), Some(true)));
    let given: Vec<_> =
        endpoint["relabelings"].as_array().unwrap().iter().map(|r| &r["targetLabel"]).collect();
    assert_eq!(given, ["service", "job", "instance"]);
    let component = yaml("k8s/components/monitoring/kustomization.yaml").remove(0);
    assert_eq!(strings(&component["resources"]), ["pod-monitor.yaml", "prometheus-rule.yaml"]);
}
