//! Whether a text has a link in it.

/// Whether there is one: a scheme, `www.`, or a name with a top-level domain and a path.
pub fn has_link(text: &str) -> bool {
    text.split_whitespace().any(is_link)
}

fn is_link(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let lower = word.to_lowercase();
    if lower.contains("://") || lower.starts_with("www.") {
        return true;
    }
    let Some((host, _)) = lower.split_once('/') else { return false };
    host.rsplit_once('.').is_some_and(|(name, top)| {
        !name.is_empty() && top.chars().count() >= 2 && top.chars().all(char::is_alphabetic)
    })
}
