//! The 10,000 most common passwords, which are the first that anybody tries. Whose list it is says the file.
//!
//! It only knows whether a password is on it; whether that matters is the caller's setting.

use std::{collections::HashSet, sync::LazyLock};

static FREQUENT: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("frequent_passwords.txt").lines().filter(|line| !line.starts_with('#')).collect()
});

/// Whether it is on the list, in whatever case.
pub(crate) fn is_frequent(password: &str) -> bool {
    FREQUENT.contains(password.to_lowercase().as_str())
}
