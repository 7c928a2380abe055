//! The limits of a configuration as they count, for an operator who looks at a running service.
//!
//! Numbers, switches, lengths of time and sizes only: other texts may be addresses, names or more, and secrets never serialize.

use crate::{ByteSize, value::Duration};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A setting as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// Its key, as in the file: `limits.login.burst`.
    pub key: String,
    /// `10`, `true`, `10s`, `4 MiB`.
    pub value: String,
    /// What it is where nobody sets it; none: it has no such value.
    pub default: Option<String>,
}

/// The limits of `config` by key, beside those of `defaults`. What is not set and has no default is left out, and so are lists.
/// Errors: a configuration that is no table of serde's.
pub fn in_force<T: Serialize>(config: &T, defaults: &T) -> Result<Vec<InForce>, serde_json::Error> {
    let mut before = leaves(&serde_json::to_value(defaults)?);
    let present = leaves(&serde_json::to_value(config)?);
    Ok(present.into_iter().map(|(key, value)| InForce { default: before.remove(&key), key, value }).collect())
}

fn leaves(table: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    gather(String::new(), table, &mut found);
    found
}

fn gather(key: String, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(table) => {
            for (name, value) in table {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                gather(key, value, found);
            }
        }
        Value::Bool(_) | Value::Number(_) => {
            found.insert(key, value.to_string());
        }
        Value::String(text) if is_measure(text) => {
            found.insert(key, text.clone());
        }
        Value::String(_) | Value::Array(_) | Value::Null => {}
    }
}

/// Whether a text is a length of time or a size with its unit, as this crate's own types write them.
fn is_measure(text: &str) -> bool {
    let has_unit = text.ends_with(|c: char| c.is_ascii_alphabetic());
    let own = |written: Result<Value, _>| written.is_ok_and(|written| written == text);
    has_unit
        && (text.parse::<ByteSize>().is_ok_and(|size| size.to_string() == text)
            || humantime::parse_duration(text).is_ok_and(|time| own(serde_json::to_value(Duration(time)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Network, Secret};
    use std::net::SocketAddr;

    #[derive(Serialize)]
    struct Rate {
        burst: u32,
        interval: Duration,
    }

    #[derive(Serialize)]
    struct Config {
        http: SocketAddr,
        url: String,
        password: Option<Secret>,
        proxies: Vec<Network>,
        size: ByteSize,
        on: bool,
        most: Option<u32>,
        limits: BTreeMap<&'static str, Rate>,
    }

    fn config(burst: u32, most: Option<u32>) -> Config {
        Config {
            http: ([127, 0, 0, 1], 80).into(),
            url: "redis://:hidden@host".into(),
            password: Some(Secret::new("5m")),
            proxies: vec!["10.0.0.0/8".parse().unwrap()],
            size: ByteSize::new(4 << 20),
            on: true,
            most,
            limits: BTreeMap::from([("login", Rate { burst, interval: Duration::from_millis(90_500) })]),
        }
    }

    #[test]
    fn limits_are_told_with_their_defaults_and_neither_texts_nor_secrets_are() {
        let told = in_force(&config(3, Some(7)), &config(10, None)).unwrap();
        let told: Vec<_> = told.iter().map(|s| (&*s.key, &*s.value, s.default.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("limits.login.burst", "3", Some("10")),
                ("limits.login.interval", "1m 30s 500ms", Some("1m 30s 500ms")),
                ("most", "7", None),
                ("on", "true", Some("true")),
                ("size", "4 MiB", Some("4 MiB")),
            ]
        );
    }

    #[test]
    fn a_text_that_only_resembles_a_measure_is_not_told() {
        for text in ["12", "", "10 s x", "redis://10s", "1h1h", "5 kB", "m", "00010s"] {
            assert!(!is_measure(text), "{text}");
        }
        for text in ["10s", "1day 2h", "0s", "64 KiB", "7 B", "1500ms"] {
            assert_eq!(is_measure(text), text != "1500ms", "{text}");
        }
    }
}
