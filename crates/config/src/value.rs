//! Value types of configuration keys: durations with units, byte sizes, secrets that never print.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, ops::Deref, os::unix::fs::MetadataExt, path::Path, str::FromStr};

/// A length of time: `"10s"`, `"1m 30s"`, `"250ms"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub std::time::Duration);

impl Duration {
    /// Whole seconds.
    pub const fn from_secs(s: u64) -> Self {
        Self(std::time::Duration::from_secs(s))
    }
    /// Milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Self(std::time::Duration::from_millis(ms))
    }
    /// The standard library's value.
    pub const fn get(self) -> std::time::Duration {
        self.0
    }
}
impl Deref for Duration {
    type Target = std::time::Duration;
    fn deref(&self) -> &std::time::Duration {
        &self.0
    }
}
impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        humantime::parse_duration(&text)
            .map(Self)
            .map_err(|e| de::Error::custom(format!("not a duration such as \"10s\": {e}")))
    }
}
impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&humantime::format_duration(self.0))
    }
}

/// A number that may have a fraction, for `#[serde(deserialize_with)]`. The environment, of which nobody knows what is meant to be a number, gives it as
/// its text. Errors: a text that is none.
pub fn number<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Text(String),
    }
    match Written::deserialize(d)? {
        Written::Number(number) => Ok(number),
        Written::Text(text) => {
            let wrong = |_| de::Error::custom(format!("{text:?} is not a number such as 3.5"));
            text.trim().parse().map_err(wrong)
        }
    }
}

/// A number of bytes: `65536`, `"64 KiB"`, `"4 MiB"`, `"1 GB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// That many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }
    /// Bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}
impl FromStr for ByteSize {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let s = s.trim();
        let (digits, unit) = s.split_at(s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len()));
        let factor: u64 = match unit.trim() {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "kB" | "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            _ => return Err(format!("not a byte size such as \"4 MiB\": {s}")),
        };
        digits
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(factor))
            .map(Self)
            .ok_or_else(|| format!("not a byte size such as \"4 MiB\": {s}"))
    }
}
impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(u64),
            Text(String),
        }
        match Form::deserialize(d)? {
            Form::Number(n) => Ok(Self(n)),
            Form::Text(t) => t.parse().map_err(de::Error::custom),
        }
    }
}
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        match units.into_iter().find(|(size, _)| self.0 > 0 && self.0.is_multiple_of(*size)) {
            Some((size, unit)) => write!(f, "{} {unit}", self.0 / size),
            None => write!(f, "{} B", self.0),
        }
    }
}
impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// A secret text: prints as `***`, and is written nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The secret itself; never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
    /// The value, or the trimmed content of the file, whichever is given. Errors name the key, never the content: both are given, or the file
    /// cannot be read, or anybody may write it.
    pub fn from_value_or_file(
        key: &str,
        value: Option<&Secret>,
        file: Option<&Path>,
    ) -> Result<Option<Secret>, String> {
        match (value, file) {
            (Some(_), Some(_)) => Err(format!("{key} and {key}_file are both set: keep one")),
            (Some(v), None) => Ok(Some(v.clone())),
            (None, Some(path)) => match read(path) {
                Ok(secret) => Ok(Some(secret)),
                Err(why) => Err(format!("{key}_file {} {why}", path.display())),
            },
            (None, None) => Ok(None),
        }
    }
}

/// A secret that others may read can be meant so (a folder that only its owner may enter); one that others may write is theirs.
fn read(path: &Path) -> Result<Secret, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot be read: {e}"))?;
    let mode = std::fs::metadata(path).map_err(|e| format!("cannot be looked at: {e}"))?.mode() & 0o777;
    if mode & 0o002 != 0 {
        return Err(format!("may be written by anybody (mode {mode:04o}): make a new secret, and chmod o-w"));
    }
    Ok(Secret::new(text.trim()))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Number(i64),
        }
        match Form::deserialize(d).map_err(|_| de::Error::custom("a secret is a text"))? {
            Form::Text(t) => Ok(Self(t)),
            Form::Number(n) => Ok(Self(n.to_string())),
        }
    }
}
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

    /// A file of the test's own, gone with it.
    struct File(PathBuf);

    impl File {
        fn new(name: &str, content: &[u8], mode: u32) -> Self {
            let path = std::env::temp_dir().join(format!("streamly-secret-{}-{name}", std::process::id()));
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            Self(path)
        }
        fn secret(&self) -> Result<Option<Secret>, String> {
            Secret::from_value_or_file("key", None, Some(&self.0))
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn a_secret_that_cannot_be_read_or_that_anybody_may_write_is_named_and_not_repeated() {
        assert_eq!(File::new("good", b" hidden\n", 0o440).secret(), Ok(Some(Secret::new("hidden"))));
        for (name, content, mode, says) in [
            ("open", &b"hidden"[..], 0o666, "may be written by anybody (mode 0666)"),
            ("odd", &b"hidden\xff"[..], 0o600, "cannot be read"),
        ] {
            let file = File::new(name, content, mode);
            let why = file.secret().unwrap_err();
            assert!(why.contains(says) && why.contains(&*file.0.to_string_lossy()), "{why}");
            assert!(why.starts_with("key_file ") && !why.contains("hidden"), "{why}");
        }
        // Nobody but root may read it; a folder root cannot read either.
        let closed = File::new("closed", b"hidden", 0o000);
        let is_root = fs::read(&closed.0).is_ok();
        let path = if is_root { std::env::temp_dir() } else { closed.0.clone() };
        let why = Secret::from_value_or_file("key", None, Some(&path)).unwrap_err();
        assert!(why.contains("cannot be read: "), "{why}");
    }
}
