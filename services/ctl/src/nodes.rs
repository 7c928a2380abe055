//! The ingest nodes, as a table or as JSON.

use crate::{figures, table::Table, text::escaped};
use serde_json::{Value, json};
use std::time::Duration;
use streamly_proto::stream::v1::{IngestNode, Machine};

/// A node that has not been heard for so long counts as away: three heartbeats, as `stream` counts.
const SEEN: Duration = Duration::from_secs(3);

/// The nodes in their order.
pub(crate) fn lines(nodes: &[IngestNode], as_json: bool) -> Vec<String> {
    if as_json {
        return nodes.iter().map(|node| escaped(&object(node))).collect();
    }
    if nodes.is_empty() {
        return vec!["No ingest node has been heard.".to_owned()];
    }
    let head = ["NODE", "STATE", "PUBLISHERS", "BROADCASTS", "VIEWERS", "CPU", "MEMORY", "ENCODERS"];
    let mut table = Table::new(head);
    for node in nodes {
        let of = |told: fn(&Machine) -> String| node.machine.as_ref().map(told).unwrap_or_default();
        table.row([
            node.node_id.clone(),
            state(node),
            of(|m| format!("{} of {}", m.publishers, m.max_publishers)),
            node.broadcasts.to_string(),
            node.viewers.to_string(),
            of(|m| if m.cores == 0 { String::new() } else { figures::percent(m.busy_permille) }),
            of(|m| {
                let used = m.memory_bytes.saturating_sub(m.memory_available_bytes);
                figures::memory(used, m.memory_bytes)
            }),
            of(encoders),
        ]);
    }
    table.lines()
}

fn state(node: &IngestNode) -> String {
    let ago = Duration::from_millis(node.heard_ms_ago);
    if ago > SEEN {
        format!("silent for {} s", ago.as_secs())
    } else if node.draining {
        "draining".to_owned()
    } else {
        "takes publishers".to_owned()
    }
}

/// Those in use, best first, and then those at rest.
fn encoders(machine: &Machine) -> String {
    let resting = machine.encoders_at_rest.iter().map(|name| format!("{name} (at rest)"));
    machine.encoders.iter().cloned().chain(resting).collect::<Vec<_>>().join(", ")
}

fn object(node: &IngestNode) -> Value {
    let machine = node.machine.as_ref().map(|m| {
        json!({
            "cores": m.cores,
            "busy_permille": m.busy_permille,
            "memory_bytes": m.memory_bytes,
            "memory_available_bytes": m.memory_available_bytes,
            "encoders": m.encoders,
            "encoders_at_rest": m.encoders_at_rest,
            "publishers": m.publishers,
            "max_publishers": m.max_publishers,
        })
    });
    json!({
        "node_id": node.node_id,
        "state": state(node),
        "origin_url": node.origin_url,
        "grpc_url": node.grpc_url,
        "rtmps": node.rtmps,
        "draining": node.draining,
        "heard_ms_ago": node.heard_ms_ago,
        "broadcasts": node.broadcasts,
        "viewers": node.viewers,
        "machine": machine,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> IngestNode {
        let machine = Machine {
            cores: 8,
            busy_permille: 123,
            memory_bytes: 16 << 30,
            memory_available_bytes: 6 << 30,
            encoders: vec!["vah264enc".into(), "x264enc".into()],
            encoders_at_rest: vec!["nvh264enc".into()],
            publishers: 3,
            max_publishers: 500,
        };
        IngestNode {
            node_id: "ingest-1".into(),
            heard_ms_ago: 900,
            broadcasts: 2,
            viewers: 40,
            machine: Some(machine),
            ..Default::default()
        }
    }

    #[test]
    fn a_row_says_what_the_node_has_and_does() {
        let lines = lines(&[node()], false);
        let row: Vec<&str> = lines[1].split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert_eq!(
            row,
            [
                "ingest-1",
                "takes publishers",
                "3 of 500",
                "2",
                "40",
                "12.3 %",
                "10.0 of 16.0 GiB",
                "vah264enc, x264enc, nvh264enc (at rest)"
            ]
        );
    }

    #[test]
    fn silence_counts_before_draining_and_both_before_all_else() {
        let state = |heard_ms_ago, draining| state(&IngestNode { heard_ms_ago, draining, ..node() });
        assert_eq!(state(3_000, false), "takes publishers");
        assert_eq!(state(3_000, true), "draining");
        assert_eq!(state(7_400, true), "silent for 7 s");
    }

    #[test]
    fn what_a_node_does_not_say_is_not_known() {
        let silent = IngestNode { machine: None, ..node() };
        let row = &lines(std::slice::from_ref(&silent), false)[1];
        assert_eq!(row.split_whitespace().filter(|cell| *cell == "-").count(), 4, "{row}");
        let read: Value = serde_json::from_str(&lines(&[silent], true)[0]).unwrap();
        assert!(read["machine"].is_null() && read["node_id"] == "ingest-1");
        assert_eq!(lines(&[], false), ["No ingest node has been heard."]);
        assert!(lines(&[], true).is_empty());
    }
}
