//! Where an object is: a folder, a name and what kind of bytes they are, `emotes/4f1d….png`.
//!
//! Parse, don't validate: whoever has a [`Key`] has one that is good as a path of a file and as a key of S3, and cannot leave its folder.

use std::fmt;

/// Longest folder or name, characters: both fit into one component of a path.
const MAX_PART: usize = 100;

/// What the bytes are; the key's extension, and from it the content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Jpeg,
    Png,
    Webp,
    Mp4,
}

impl Kind {
    /// As HTTP names it (RFC 9110 §8.3).
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Mp4 => "video/mp4",
        }
    }

    /// The kind of that content type.
    pub fn of(content_type: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Webp, Self::Mp4].into_iter().find(|k| k.content_type() == content_type)
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Mp4 => "mp4",
        }
    }
}

/// Neither a folder nor a name may be this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is made of 1 to {MAX_PART} characters of a-z, 0-9, - and _")]
pub struct InvalidKey;

/// The place of one object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    path: String,
    kind: Kind,
}

impl Key {
    /// The key of `name` in `folder`. Errors: one of them is empty, too long or has another character than a-z, 0-9, - and _.
    pub fn new(folder: &str, name: &str, kind: Kind) -> Result<Self, InvalidKey> {
        let is_good = |part: &str| {
            (1..=MAX_PART).contains(&part.len())
                && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        };
        if !is_good(folder) || !is_good(name) {
            return Err(InvalidKey);
        }
        Ok(Self { path: format!("{folder}/{name}.{}", kind.extension()), kind })
    }

    /// What the bytes are.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_cannot_leave_its_folder() {
        assert_eq!(Key::new("emotes", "4f1d", Kind::Png).unwrap().to_string(), "emotes/4f1d.png");
        let long = "x".repeat(MAX_PART + 1);
        for bad in ["", ".", "..", "a/b", "a\\b", "A", "a.b", "a\0", "é", " ", &long] {
            assert_eq!(Key::new(bad, "x", Kind::Png), Err(InvalidKey), "{bad:?}");
            assert_eq!(Key::new("x", bad, Kind::Png), Err(InvalidKey), "{bad:?}");
        }
    }

    #[test]
    fn kinds_are_found_by_their_content_type() {
        for kind in [Kind::Jpeg, Kind::Png, Kind::Webp, Kind::Mp4] {
            assert_eq!(Kind::of(kind.content_type()), Some(kind));
        }
        assert_eq!(Kind::of("image/svg+xml"), None);
    }
}
