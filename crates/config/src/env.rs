//! Lays environment variables over the file's table, and deserialises key by key so that one wrong value does not hide the next.

use crate::Problem;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// `STREAMLY_{SERVICE}__A__B=x` sets `a.b`. The text becomes a TOML number, boolean or array where it reads as one *and*
/// a string otherwise; the types in [`crate::value`] take both forms.
pub(crate) fn overlay(
    service: &str,
    env: &BTreeMap<String, String>,
    table: &mut Table,
    problems: &mut Vec<Problem>,
) {
    let prefix = format!("STREAMLY_{}__", service.to_uppercase());
    for (name, text) in env.iter().filter(|(name, _)| name.starts_with(&prefix)) {
        let path: Vec<String> = name[prefix.len()..].split("__").map(str::to_lowercase).collect();
        if let Err(detail) = set(table, &path, scalar(text)) {
            problems.push(Problem { key: name.clone(), detail });
        }
    }
}

fn scalar(text: &str) -> Value {
    let looks_typed =
        matches!(text, "true" | "false") || text.starts_with('[') || text.parse::<i64>().is_ok();
    if looks_typed
        && let Ok(mut t) = toml::from_str::<Table>(&format!("v = {text}"))
        && let Some(v) = t.remove("v")
    {
        return v;
    }
    Value::String(text.to_owned())
}

fn set(table: &mut Table, path: &[String], value: Value) -> Result<(), String> {
    match path {
        [] => Err("the name ends where a key should be".into()),
        [key] if key.is_empty() => Err("the name ends where a key should be".into()),
        [key] => {
            table.insert(key.clone(), value);
            Ok(())
        }
        [key, rest @ ..] => match table.entry(key.clone()).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(inner) => set(inner, rest, value),
            _ => Err(format!("`{key}` is a value, not a section")),
        },
    }
}

/// Deserialises; on failure takes out the offending leaf, notes it and tries again, so that all problems show.
pub(crate) fn deserialize<T: DeserializeOwned>(table: Table, problems: &mut Vec<Problem>) -> Option<T> {
    let error = match T::deserialize(Value::Table(table.clone())) {
        Ok(config) => return Some(config),
        Err(e) => e.message().trim().to_owned(),
    };
    // serde does not give the path in a Value: find the leaves whose removal changes the first error.
    let mut rest = table;
    let mut first = error;
    'next: loop {
        for path in leaves(&rest, &mut Vec::new()) {
            let mut without = rest.clone();
            remove(&mut without, &path);
            let now =
                T::deserialize(Value::Table(without.clone())).err().map(|e| e.message().trim().to_owned());
            if now.as_deref() != Some(first.as_str()) {
                problems.push(Problem { key: path.join("."), detail: first });
                match now {
                    None => return None,
                    Some(e) => {
                        rest = without;
                        first = e;
                        continue 'next;
                    }
                }
            }
        }
        problems.push(Problem { key: "configuration".into(), detail: first });
        return None;
    }
}

fn leaves(table: &Table, at: &mut Vec<String>) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (key, value) in table {
        at.push(key.clone());
        match value {
            Value::Table(inner) if !inner.is_empty() => all.extend(leaves(inner, at)),
            _ => all.push(at.clone()),
        }
        at.pop();
    }
    all
}

fn remove(table: &mut Table, path: &[String]) {
    match path {
        [key] => {
            table.remove(key);
        }
        [key, rest @ ..] => {
            if let Some(Value::Table(inner)) = table.get_mut(key) {
                remove(inner, rest);
                if inner.is_empty() {
                    table.remove(key);
                }
            }
        }
        [] => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::{ByteSize, Duration, Secret};
    use serde::Deserialize;
    use std::{collections::BTreeMap, net::SocketAddr};

    #[derive(Debug, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Config {
        bind: SocketAddr,
        grace: Duration,
        rtmp: Rtmp,
    }
    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Rtmp {
        window: Option<ByteSize>,
        key: Option<Secret>,
    }
    impl Default for Config {
        fn default() -> Self {
            Self { bind: ([127, 0, 0, 1], 1).into(), grace: Duration::from_secs(60), rtmp: Rtmp::default() }
        }
    }
    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
    }

    #[test]
    fn the_environment_goes_over_the_file_and_the_file_over_defaults() {
        let env = env(&[
            ("STREAMLY_INGEST__RTMP__WINDOW", "4 MiB"),
            ("STREAMLY_CHAT__BIND", "nonsense"),
            ("HOME", "x"),
        ]);
        let c: Config =
            crate::load("ingest", Some("grace = \"5s\"\n[rtmp]\nwindow = \"1 KiB\""), &env).unwrap();
        assert_eq!(c.grace.as_secs(), 5);
        assert_eq!(c.rtmp.window.unwrap().bytes(), 4 << 20);
        assert_eq!(c.bind.port(), 1);
    }

    #[test]
    fn all_problems_are_listed_at_once_and_no_secret_is_repeated() {
        let env = env(&[("STREAMLY_INGEST__BIND", "here"), ("STREAMLY_INGEST__RTMP__KEY", "hunter2")]);
        let e = crate::load::<Config>("ingest", Some("grace = \"soon\"\nunknown = 1"), &env).unwrap_err();
        let keys: Vec<_> = e.problems.iter().map(|p| p.key.as_str()).collect();
        assert!(keys.contains(&"bind") && keys.contains(&"grace") && keys.contains(&"unknown"), "{e}");
        assert!(!e.to_string().contains("hunter2"));
    }
}
