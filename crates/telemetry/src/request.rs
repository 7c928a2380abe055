//! The id of the request that a task serves: log lines and problems name it, and calls of other services take it along, so that what a person was
//! shown leads to every line of what their request caused, traced or not.
//!
//! Who begins a request (`streamly_http`) or takes one up (`streamly_rpc`) runs it in [`scope`]; tasks that it spawns are not in it.

use std::future::Future;
use tokio::task::futures::TaskLocalFuture;

/// The header, and the metadata of a call, that it stands in.
pub const HEADER: &str = "x-request-id";
/// Longest id that is taken from others.
const MAX: usize = 64;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that this task serves; none outside one.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Runs a future in which [`current`] is this id.
pub fn scope<F: Future>(id: String, future: F) -> TaskLocalFuture<String, F> {
    CURRENT.scope(id, future)
}

/// Whether an id that came from somebody else is kept: it is short and plain, so that it spoils no line.
pub fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::{current, is_plain, scope};

    #[tokio::test]
    async fn an_id_is_there_while_its_request_is_served() {
        assert_eq!(current(), None);
        let inside = scope("one".to_owned(), async {
            let nested = scope("two".to_owned(), async { current() }).await;
            (current(), nested)
        });
        assert_eq!(inside.await, (Some("one".to_owned()), Some("two".to_owned())));
        assert_eq!(current(), None);
    }

    #[test]
    fn what_would_spoil_a_line_is_no_id() {
        assert!(is_plain("0198c0de-0000-7000-8000-00000000002a") && is_plain(&"a".repeat(64)));
        for bad in ["", "a b", "a\nb", "ü", "a_b", &"a".repeat(65)] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }
}
