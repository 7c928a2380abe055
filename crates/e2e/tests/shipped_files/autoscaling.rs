//! The autoscalers of `k8s/components/autoscaling` in `k8s/overlays/prod-autoscaled`: what they scale is there and has no number of its own, what
//! they go by is served, and who goes has the time that it needs.
//!
//! That the adapter's metrics are told, the test `metrics` proves.

use crate::{
    kubernetes,
    kustomize::{object, rendered},
    secrets,
    services::{self, SERVICES},
    strings, text, yaml,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const OVERLAY: &str = "k8s/overlays/prod-autoscaled";
const ADAPTER: &str = "k8s/components/autoscaling/prometheus-adapter.yaml";
/// Longest stabilisation that the API takes, seconds (autoscaling/v2, `HPAScalingRules`).
const LONGEST_WINDOW: u64 = 3_600;
/// Longest period of a policy, seconds (`HPAScalingPolicy`).
const LONGEST_PERIOD: u64 = 1_800;

fn autoscalers(objects: &[Value]) -> Vec<&Value> {
    objects.iter().filter(|object| object["kind"] == "HorizontalPodAutoscaler").collect()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().expect("a name")
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// What an autoscaler scales.
fn target<'a>(objects: &'a [Value], autoscaler: &Value) -> &'a Value {
    let wanted = &autoscaler["spec"]["scaleTargetRef"];
    let text = |key: &str| wanted[key].as_str().unwrap_or_else(|| panic!("scaleTargetRef has no {key}"));
    let found = object(objects, text("kind"), text("name"));
    assert_eq!(found["apiVersion"], text("apiVersion"));
    found
}

fn container(workload: &Value) -> &Value {
    &workload["spec"]["template"]["spec"]["containers"][0]
}

/// Seconds between the wish that a pod goes and SIGTERM.
fn pause(container: &Value) -> u64 {
    let command = &container["lifecycle"]["preStop"]["exec"]["command"];
    let ["sleep", seconds] = strings(command)[..] else { panic!("no pause before the stop: {command}") };
    seconds.parse().expect("seconds")
}

#[test]
fn each_service_has_an_autoscaler_and_no_number_of_its_own() {
    let (objects, base) = (rendered(OVERLAY), rendered("k8s/base"));
    let mut scaled = BTreeSet::new();
    for autoscaler in autoscalers(&objects) {
        let (name, spec) = (name(autoscaler), &autoscaler["spec"]);
        assert_eq!(autoscaler["apiVersion"], "autoscaling/v2", "{name}");
        let target = target(&objects, autoscaler);
        assert_eq!(target["metadata"]["name"], name);
        assert!(target["spec"].get("replicas").is_none(), "{name}: each apply would set its number back");
        let (least, most) = (number(&spec["minReplicas"]), number(&spec["maxReplicas"]));
        assert!((2..=most).contains(&least), "{name}: {least} to {most} pods");
        let fixed = object(&base, target["kind"].as_str().unwrap(), name);
        assert!(number(&fixed["spec"]["replicas"]) >= 2, "{name}: without an autoscaler there is one pod");
        assert!(scaled.insert(name), "{name}: two autoscalers would fight");
    }
    assert_eq!(scaled, BTreeSet::from(SERVICES));
    for overlay in ["k8s/overlays/dev", "k8s/overlays/prod"] {
        assert!(autoscalers(&rendered(overlay)).is_empty(), "{overlay} asks for no metrics of the cluster");
    }
}

#[test]
fn pods_are_taken_away_later_and_slower_than_they_are_added() {
    let objects = rendered(OVERLAY);
    for autoscaler in autoscalers(&objects) {
        let (name, behavior) = (name(autoscaler), &autoscaler["spec"]["behavior"]);
        let window = |direction: &str| number(&behavior[direction]["stabilizationWindowSeconds"]);
        for direction in ["scaleUp", "scaleDown"] {
            assert!(window(direction) <= LONGEST_WINDOW, "{name}: {direction}");
            let policies = behavior[direction]["policies"].as_array().unwrap();
            assert!(!policies.is_empty(), "{name}: {direction}");
            for policy in policies {
                assert!((1..=LONGEST_PERIOD).contains(&number(&policy["periodSeconds"])), "{name}: {policy}");
                assert!(number(&policy["value"]) >= 1, "{name}: {policy}");
                let kind = policy["type"].as_str().unwrap();
                assert!(kind == "Pods" || (kind == "Percent" && direction == "scaleUp"), "{name}: {policy}");
                assert!(direction == "scaleUp" || policy["value"] == 1, "{name}: one at a time goes");
            }
        }
        assert!(window("scaleDown") >= 600 && window("scaleDown") > window("scaleUp"), "{name}");
    }
    let ingest = object(&objects, "HorizontalPodAutoscaler", "ingest");
    let slowest = json!([{"type": "Pods", "value": 1, "periodSeconds": LONGEST_PERIOD}]);
    assert_eq!(ingest["spec"]["behavior"]["scaleDown"]["policies"], slowest);
}

#[test]
fn machines_can_be_emptied_at_the_least_number_of_pods() {
    let objects = rendered(OVERLAY);
    for autoscaler in autoscalers(&objects) {
        let (name, selector) = (name(autoscaler), &target(&objects, autoscaler)["spec"]["selector"]);
        let budgets: Vec<_> = objects
            .iter()
            .filter(|one| one["kind"] == "PodDisruptionBudget" && one["spec"]["selector"] == *selector)
            .collect();
        let [budget] = budgets[..] else { panic!("{name} has {} disruption budgets", budgets.len()) };
        let least = number(&autoscaler["spec"]["minReplicas"]);
        let may_go = match budget["spec"]["minAvailable"].as_u64() {
            Some(available) => available < least,
            None => budget["spec"]["maxUnavailable"].as_u64().is_some_and(|gone| gone >= 1),
        };
        assert!(may_go, "{name}: {} holds machines up", budget["spec"]);
    }
}

#[test]
fn what_autoscalers_go_by_is_served_and_asked_of_their_own_pods() {
    let adapter = yaml(ADAPTER).remove(0);
    let mut served = BTreeMap::new();
    for rule in adapter["rules"]["custom"].as_array().unwrap() {
        let name = rule["name"]["as"].as_str().expect("a name");
        let named = json!({"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}});
        assert_eq!(rule["resources"]["overrides"], named, "{name}");
        let series = rule["seriesQuery"].as_str().expect("a seriesQuery");
        assert!(series.contains(r#"namespace!="",pod!="""#), "{name}: {series}");
        let query = rule["metricsQuery"].as_str().expect("a metricsQuery");
        assert!(query.starts_with("sum by (<<.GroupBy>>) ("), "{name}: {query}");
        let (all, bound) = (query.matches('{').count(), query.matches("<<.LabelMatchers>>}").count());
        assert!(all == bound && all > 0, "{name}: {query} counts pods that nobody asked about");
        assert!(served.insert(name, series).is_none(), "{name}: two rules");
    }
    let objects = rendered(OVERLAY);
    let mut asked = BTreeSet::new();
    for autoscaler in autoscalers(&objects) {
        let (service, metrics) = (name(autoscaler), autoscaler["spec"]["metrics"].as_array().unwrap());
        assert!(!metrics.is_empty(), "{service}");
        for metric in metrics {
            match metric["type"].as_str() {
                Some("Resource") => {
                    let resource = &metric["resource"];
                    assert_eq!(resource["name"], "cpu", "{service}");
                    assert_eq!(resource["target"]["type"], "Utilization", "{service}");
                    let share = number(&resource["target"]["averageUtilization"]);
                    assert!((1..100).contains(&share), "{service}: {share} % of its request");
                    let request = &container(target(&objects, autoscaler))["resources"]["requests"]["cpu"];
                    assert_eq!(*request, "500m", "{service}: more than the least that it starts with");
                }
                Some("Pods") => {
                    let name = metric["pods"]["metric"]["name"].as_str().unwrap();
                    let series =
                        served.get(name).unwrap_or_else(|| panic!("nobody serves {name} of {service}"));
                    assert!(series.contains(&format!("service=\"{service}\"")), "{service}: {series}");
                    let bound = &metric["pods"]["target"];
                    assert_eq!(bound["type"], "AverageValue", "{service}");
                    assert!(bound["averageValue"].is_string(), "{service}");
                    asked.insert(name);
                }
                other => panic!("{service} goes by {other:?}"),
            }
        }
    }
    assert_eq!(asked, served.into_keys().collect::<BTreeSet<_>>(), "what is served is asked for");
}

#[test]
fn an_ingest_that_an_autoscaler_takes_waits_for_who_cannot_move() {
    let objects = rendered(OVERLAY);
    let template = &object(&objects, "StatefulSet", "ingest")["spec"]["template"];
    let (pod, container) = (&template["spec"], &template["spec"]["containers"][0]);
    let mut env = secrets::env_file(&text("k8s/base/ingest.env"));
    for variable in container["env"].as_array().unwrap() {
        if let (Some(name), Some(value)) = (variable["name"].as_str(), variable["value"].as_str()) {
            env.insert(name.to_owned(), value.to_owned());
        }
    }
    services::assert_own_names("ingest", &env);
    let needed = services::ingest_stops_in(&env);
    assert!(needed >= Duration::from_secs(4 * 3_600), "broadcasts are cut off after {needed:?}");
    let given = number(&pod["terminationGracePeriodSeconds"]) - pause(container);
    assert!(given >= needed.as_secs(), "killed after {given} s of {needed:?}");
    // Who removes machines would not wait so long.
    let annotations = &template["metadata"]["annotations"];
    assert_eq!(annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"], "false");
    assert_eq!(annotations["karpenter.sh/do-not-disrupt"], "true");

    let cores: f64 = container["resources"]["requests"]["cpu"].as_str().unwrap().parse().unwrap();
    let budget = services::transcode_budget(&env);
    assert!(budget > 0.0 && budget <= cores * 7.0 / 8.0, "rungs take {budget} of the {cores} cores of a pod");
}

#[test]
fn whoever_goes_is_off_the_endpoints_before_it_closes() {
    for service in SERVICES {
        let (pod, pause) = (kubernetes::pod(service), pause(&kubernetes::container(service)));
        assert!(pause >= 5, "{service}: others still send there after {pause} s");
        // What `up` gives all services together is five seconds.
        let given = number(&pod["terminationGracePeriodSeconds"]);
        assert!(given >= pause + 10, "{service}: killed {given} s after it was told to go");
    }
}

#[test]
fn the_documented_connections_are_those_of_all_pods_at_their_most() {
    let objects = rendered(OVERLAY);
    let needed: u64 = ["user", "stream", "chat"]
        .iter()
        .map(|service| {
            let autoscaler = object(&objects, "HorizontalPodAutoscaler", service);
            let surge = &target(&objects, autoscaler)["spec"]["strategy"]["rollingUpdate"]["maxSurge"];
            let pods = number(&autoscaler["spec"]["maxReplicas"]) + number(surge);
            pods * services::connections(service) as u64
        })
        .sum();
    let said = format!("PostgreSQL must take {needed} connections");
    assert!(text("k8s/README.md").contains(&said), "k8s/README.md does not say: {said}");
}
