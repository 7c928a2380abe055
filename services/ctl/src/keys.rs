//! A channel's stream keys, as a table or as JSON; and what is said when some were revoked. Their secrets do not come here.

use crate::{figures, table::Table, text::escaped};
use serde_json::{Value, json};
use streamly_proto::stream::v1::{OwnedKey, RevokeKeysResponse};

/// The keys in their order.
pub(crate) fn lines(channel: &str, keys: &[OwnedKey], as_json: bool) -> Vec<String> {
    if as_json {
        return keys.iter().map(|key| escaped(&object(key))).collect();
    }
    if keys.is_empty() {
        return vec![format!("{channel} has no stream key.")];
    }
    let or = |ms: i64, otherwise: &str| if ms == 0 { otherwise.to_owned() } else { figures::at(ms) };
    let mut table = Table::new(["KEY", "MADE", "LAST USED", "GOOD UNTIL", "FROM", "ENCODER", "NAME"]);
    for key in keys {
        table.row([
            key.key_id.clone(),
            figures::at(key.created_at_ms),
            or(key.last_used_at_ms, "never"),
            or(key.expires_at_ms, "no end"),
            key.remote_addr.clone(),
            key.encoder.clone(),
            key.name.clone(),
        ]);
    }
    table.lines()
}

/// What is said of keys that were revoked; `key`: the one that was meant, none: all.
pub(crate) fn revoked(channel: &str, key: Option<&str>, answer: &RevokeKeysResponse) -> Vec<String> {
    let count = usize::try_from(answer.revoked).unwrap_or(usize::MAX);
    let mut lines = vec![match (key, count) {
        (Some(key), 0) => format!("Key {key} of {channel} was no good any more."),
        (Some(key), _) => format!("Key {key} of {channel} is revoked."),
        (None, 0) => format!("{channel} had no key that was still good."),
        (None, 1) => format!("The one key of {channel} is revoked."),
        (None, _) => format!("{} of {channel} are revoked.", figures::count(count, "key")),
    }];
    if !answer.broadcast_id.is_empty() {
        lines.push(format!("Broadcast {} has ended, too.", answer.broadcast_id));
    }
    lines
}

fn object(key: &OwnedKey) -> Value {
    json!({
        "key_id": key.key_id,
        "name": key.name,
        "created_at_ms": key.created_at_ms,
        "last_used_at_ms": key.last_used_at_ms,
        "expires_at_ms": key.expires_at_ms,
        "encoder": key.encoder,
        "remote_addr": key.remote_addr,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> OwnedKey {
        OwnedKey {
            key_id: "k-1".into(),
            name: "Studio".into(),
            created_at_ms: 1_800_000_000_000,
            ..Default::default()
        }
    }

    fn row(key: OwnedKey) -> Vec<String> {
        let line = lines("ada", &[key], false).remove(1);
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn a_key_that_was_never_used_and_has_no_end_says_so() {
        assert_eq!(row(key()), ["k-1", "2027-01-15 08:00:00Z", "never", "no end", "-", "-", "Studio"]);
    }

    #[test]
    fn use_and_end_are_moments() {
        let used = OwnedKey {
            last_used_at_ms: 1_800_000_001_000,
            expires_at_ms: 1_800_000_002_000,
            encoder: "OBS".into(),
            remote_addr: "192.0.2.7:1935".into(),
            ..key()
        };
        let wanted = ["2027-01-15 08:00:01Z", "2027-01-15 08:00:02Z", "192.0.2.7:1935", "OBS", "Studio"];
        assert_eq!(row(used)[2..], wanted);
    }

    #[test]
    fn a_channel_without_keys_says_so_and_json_says_nothing() {
        assert_eq!(lines("ada", &[], false), ["ada has no stream key."]);
        assert!(lines("ada", &[], true).is_empty());
        let read: Value = serde_json::from_str(&lines("ada", &[key()], true)[0]).unwrap();
        assert_eq!((read["key_id"].as_str(), read["last_used_at_ms"].as_i64()), (Some("k-1"), Some(0)));
    }

    #[test]
    fn it_is_said_how_many_were_good_and_what_ended_with_them() {
        let said = |key, revoked, broadcast: &str| {
            revoked_lines(key, RevokeKeysResponse { revoked, broadcast_id: broadcast.into() })
        };
        assert_eq!(said(Some("k-1"), 1, ""), ["Key k-1 of ada is revoked."]);
        assert_eq!(said(Some("k-1"), 0, ""), ["Key k-1 of ada was no good any more."]);
        assert_eq!(said(None, 0, ""), ["ada had no key that was still good."]);
        assert_eq!(said(None, 1, ""), ["The one key of ada is revoked."]);
        assert_eq!(said(None, 2, "b-1"), ["2 keys of ada are revoked.", "Broadcast b-1 has ended, too."]);
    }

    fn revoked_lines(key: Option<&str>, answer: RevokeKeysResponse) -> Vec<String> {
        revoked("ada", key, &answer)
    }
}
