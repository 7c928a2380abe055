//! What the last release says by gRPC and in events is understood, and its statements find the tables that they know: so that both versions
//! can run side by side while one replaces the other (docs/OPERATING.md, "Upgrading").
//!
//! `released/` is that release's side: its `.proto` files and the names of its migrations. A field may go only if its number is reserved; a
//! migration that takes something away says by a line that begins with `-- contracts:` why the last release does without it.

use anyhow::{Context, Result, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Begins the line of a migration that says why it may take something away.
const CONTRACTS: &str = "-- contracts:";

/// What of `.proto` files others rely on.
#[derive(Debug, Default)]
struct Said {
    /// By message and number: label and type. Names are not on the wire.
    fields: BTreeMap<(String, u32), String>,
    /// Numbers of messages that no field may have again.
    reserved: BTreeSet<(String, u32)>,
    /// By enum and number.
    values: BTreeSet<(String, u32)>,
    /// By service and method: what it takes and gives.
    methods: BTreeMap<String, String>,
}

impl Said {
    fn read(&mut self, text: &str) -> Result<()> {
        let (mut package, mut scopes) = (String::new(), Vec::<(String, String)>::new());
        let mut statement: Vec<String> = Vec::new();
        for token in tokens(text) {
            match token.as_str() {
                "{" | ";" => {
                    if let ["package", name] = words(&statement)[..] {
                        name.clone_into(&mut package);
                    }
                    let (kind, path) = match scopes.last() {
                        Some((kind, path)) => (kind.clone(), path.clone()),
                        None => (String::new(), package.clone()),
                    };
                    self.take(&kind, &path, &words(&statement)).with_context(|| format!("{statement:?}"))?;
                    if token == "{" {
                        scopes.push(match words(&statement)[..] {
                            // Its fields are the message's.
                            ["oneof", _] => ("oneof".to_owned(), path),
                            [kind, name] => (kind.to_owned(), format!("{path}.{name}")),
                            _ => (String::new(), path),
                        });
                    }
                    statement.clear();
                }
                "}" => {
                    scopes.pop();
                    statement.clear();
                }
                _ => statement.push(token),
            }
        }
        ensure!(scopes.is_empty(), "a block is not closed");
        Ok(())
    }

    /// One statement in a block of that kind.
    fn take(&mut self, kind: &str, path: &str, statement: &[&str]) -> Result<()> {
        let number = |at: usize| {
            let text = statement.get(at).context("no number")?;
            text.parse::<u32>().with_context(|| format!("{text} is no number"))
        };
        match (kind, statement) {
            (_, ["option" | "import" | "syntax" | "package", ..]) => {}
            ("service", ["rpc", name, form @ ..]) => {
                self.methods.insert(format!("{path}.{name}"), form.join(" "));
            }
            ("message", ["reserved", numbers @ ..]) => {
                let mut from = None;
                for (at, word) in numbers.iter().enumerate() {
                    match (*word, from) {
                        ("to", _) => from = Some(number(at)?),
                        (",", _) => from = None,
                        (name, _) if name.starts_with('"') => {}
                        (_, from) => {
                            let last = number(at + 1)?;
                            for n in from.unwrap_or(last)..=last {
                                self.reserved.insert((path.to_owned(), n));
                            }
                        }
                    }
                }
            }
            ("message" | "oneof", ["oneof" | "message" | "enum", _]) => {}
            ("message" | "oneof", _) => {
                let at =
                    statement.iter().position(|word| *word == "=").context("a field without a number")?;
                let mut form = statement[..at.saturating_sub(1)].join(" ");
                if kind == "oneof" {
                    form.insert_str(0, "oneof ");
                }
                self.fields.insert((path.to_owned(), number(at + 1)?), form);
            }
            ("enum", ["reserved", ..]) => {}
            ("enum", _) => {
                self.values.insert((path.to_owned(), number(2)?));
            }
            _ => {}
        }
        Ok(())
    }

    /// What the other side relies on and does not find here.
    fn missing(&self, then: &Self) -> Vec<String> {
        let mut all = Vec::new();
        for (key, form) in &then.fields {
            let (message, number) = key;
            match self.fields.get(key) {
                Some(now) if now == form => {}
                Some(now) => all.push(format!("{message}: {number} was `{form}` and is `{now}`")),
                None if self.reserved.contains(key) => {}
                None => all.push(format!("{message}: {number} (`{form}`) is gone and not reserved")),
            }
        }
        for key in &then.reserved {
            let (message, number) = key;
            if self.fields.contains_key(key) {
                all.push(format!("{message}: {number} was reserved and is used"));
            }
        }
        for (name, number) in then.values.difference(&self.values) {
            all.push(format!("{name}: the value {number} is gone"));
        }
        for (name, form) in &then.methods {
            match self.methods.get(name) {
                Some(now) if now == form => {}
                Some(now) => all.push(format!("{name} was `{form}` and is `{now}`")),
                None => all.push(format!("{name} is gone")),
            }
        }
        all
    }
}

fn words(statement: &[String]) -> Vec<&str> {
    statement.iter().map(String::as_str).collect()
}

/// Names, numbers, strings and signs, without comments.
fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or_default();
        let mut word = String::new();
        for c in code.chars().chain([' ']) {
            if c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '/') {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                found.push(std::mem::take(&mut word));
            }
            if !c.is_whitespace() {
                found.push(c.to_string());
            }
        }
    }
    found
}

/// All `.proto` files below a folder.
fn protos(folder: &Path) -> Result<Said> {
    let (mut said, mut folders) = (Said::default(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                said.read(&fs::read_to_string(&path)?).with_context(|| path.display().to_string())?;
            }
        }
    }
    Ok(said)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn released(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("released").join(name)
}

/// What of a migration takes something away from statements that know nothing of it.
fn takes_away(sql: &str) -> Vec<String> {
    if sql.lines().any(|line| line.starts_with(CONTRACTS)) {
        return Vec::new();
    }
    let code: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let code = code.join(" ").to_uppercase();
    let is_bad = |statement: &str| {
        let has = |words: &str| statement.contains(words);
        let is_forced = |column: &str| column.contains("NOT NULL") && !column.contains("DEFAULT");
        has("DROP TABLE")
            || has("DROP COLUMN")
            || has("SET NOT NULL")
            || has(" RENAME ")
            || has("ALTER COLUMN") && has(" TYPE ")
            || statement.split("ADD COLUMN").skip(1).any(is_forced)
    };
    let statements = code.split(';').map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "));
    statements.filter(|statement| is_bad(statement)).collect()
}

#[test]
fn calls_and_events_of_the_last_release_are_understood() -> Result<()> {
    let (then, now) = (protos(&released("proto"))?, protos(&root().join("proto"))?);
    ensure!(then.fields.len() > 200 && then.methods.len() > 20 && !then.values.is_empty(), "{then:#?}");
    let missing = now.missing(&then);
    ensure!(missing.is_empty(), "the last release would not be understood: {missing:#?}");
    Ok(())
}

#[test]
fn migrations_since_the_last_release_take_nothing_from_it() -> Result<()> {
    let list = fs::read_to_string(released("migrations"))?;
    let then: BTreeSet<&str> = list.lines().collect();
    let mut now = BTreeSet::new();
    for service in ["user", "stream", "chat"] {
        for entry in fs::read_dir(root().join("services").join(service).join("migrations"))? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).context("a name")?;
            let name = format!("{service}/{name}");
            let taken = takes_away(&fs::read_to_string(&path)?);
            ensure!(
                taken.is_empty() || then.contains(name.as_str()),
                "{name}: the last release may need what this takes away. Take it away one release later, and say in a line `{CONTRACTS} …` \
                 why nothing needs it: {taken:#?}"
            );
            now.insert(name);
        }
    }
    let gone: Vec<_> = then.iter().filter(|name| !now.contains(**name)).collect();
    ensure!(!then.is_empty() && gone.is_empty(), "migrations of the last release are gone: {gone:?}");
    Ok(())
}

#[test]
fn a_number_that_means_something_else_is_found() -> Result<()> {
    const THEN: &str = "package a.v1;\nservice S {\n  rpc Do(M) returns (stream M);  // x = 9;\n}\nenum E {\n  NONE = 0;\n  ONE = 1;\n}\n\
        message M {\n  reserved 9, 11 to 12;\n  string a = 1;\n  repeated Inner b = 2;\n  oneof which {\n    uint32 c = 3;\n  }\n  \
        message Inner { map<string, E> d = 1; }\n}\n";
    let read = |text: &str| {
        let mut said = Said::default();
        said.read(text).map(|()| said)
    };
    let then = read(THEN)?;
    assert_eq!(read(THEN)?.missing(&then), Vec::<String>::new());
    assert_eq!(then.fields[&("a.v1.M.Inner".to_owned(), 1)], "map < string , E >");
    for (from, to, told) in [
        ("string a = 1", "bytes a = 1", "a.v1.M: 1 was `string` and is `bytes`"),
        ("  string a = 1;\n", "", "a.v1.M: 1 (`string`) is gone and not reserved"),
        ("  string a = 1;\n", "  string a = 12;\n  reserved 1;\n", "a.v1.M: 12 was reserved and is used"),
        ("uint32 c = 3", "uint64 c = 3", "a.v1.M: 3 was `oneof uint32` and is `oneof uint64`"),
        ("  ONE = 1;\n", "", "a.v1.E: the value 1 is gone"),
        ("returns (stream M)", "returns (M)", "a.v1.S.Do was `( M ) returns ( stream M )`"),
    ] {
        let missing = read(&THEN.replace(from, to))?.missing(&then);
        ensure!(missing.len() == 1 && missing[0].starts_with(told), "{told}: {missing:?}");
    }
    let allowed = THEN.replace("  string a = 1;\n", "  reserved 1;\n  string other = 4;\n");
    assert_eq!(read(&allowed)?.missing(&then), Vec::<String>::new());
    Ok(())
}

#[test]
fn what_takes_something_away_is_found_and_what_adds_is_let_through() {
    for bad in [
        "ALTER TABLE a DROP COLUMN b;",
        "drop table a;",
        "ALTER TABLE a RENAME COLUMN b TO c;",
        "ALTER TABLE a\n  ALTER COLUMN b TYPE bigint;",
        "ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
        "ALTER TABLE a ADD COLUMN b text NOT NULL;",
        "ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0, ADD COLUMN c int NOT NULL;",
    ] {
        assert_eq!(takes_away(bad).len(), 1, "{bad}");
        assert!(takes_away(&format!("-- contracts: nobody has read it since 0.2\n{bad}")).is_empty());
    }
    let good = "-- No DROP TABLE here.\nCREATE TABLE a (b text NOT NULL);\nALTER TABLE c ADD COLUMN d text,\n\
        ADD COLUMN e boolean NOT NULL DEFAULT false;\nALTER TABLE c ALTER COLUMN f DROP NOT NULL;";
    assert_eq!(takes_away(good), Vec::<String>::new());
}
