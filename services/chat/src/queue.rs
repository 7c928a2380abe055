//! What lists that people and moderators work on have in common: holds, reports, unban requests, terms, blocks. Why something was not
//! put there or not resolved. And how long resolved things and the audit log are kept.

use crate::{moderation, store};
use std::time::Duration;
use streamly_lifecycle::Shutdown;
use streamly_postgres::Database;
use streamly_status::FieldError;

/// Pace of deleting what is over.
const TIDY: Duration = Duration::from_secs(3_600);
/// Acts deleted in one transaction: none is long.
const BATCH: i64 = 5_000;
/// Longest answer and longest text of a request or report, characters.
pub const MAX_TEXT: usize = 500;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No such thing here.
    #[error("there is no such thing")]
    NotFound,
    /// Somebody resolved it already.
    #[error("it is resolved already")]
    Resolved,
    /// The person may not do this.
    #[error("the person may not do this")]
    Forbidden,
    /// As many as there may be.
    #[error("there are as many as there may be")]
    Full,
    /// There is no ban to ask about.
    #[error("the person is not banned")]
    NotBanned,
    /// Not so soon again.
    #[error("not before {0:?}")]
    Wait(Duration),
    /// The message that it is about is not kept.
    #[error("the message is not kept")]
    MessageNotFound,
    /// Fields that are wrong.
    #[error("some fields are not valid")]
    Invalid(Vec<FieldError>),
    /// The act that goes with it was not done.
    #[error("the act was not done")]
    Act(#[from] moderation::Refused),
}

impl From<streamly_postgres::Error> for Refused {
    fn from(e: streamly_postgres::Error) -> Self {
        Self::Act(e.into())
    }
}

impl From<tokio_postgres::Error> for Refused {
    fn from(e: tokio_postgres::Error) -> Self {
        Self::Act(e.into())
    }
}

impl From<streamly_redis::Error> for Refused {
    fn from(e: streamly_redis::Error) -> Self {
        Self::Act(e.into())
    }
}

/// One field that is wrong.
pub fn field(name: &str, code: &'static str, detail: &str) -> Refused {
    Refused::Invalid(vec![FieldError { field: name.into(), code, detail: detail.into() }])
}

/// A text that somebody wrote for others to read, normalised; empty is fine. Longer ones are refused, by the field's name.
pub fn text(name: &str, text: &str) -> Result<String, Refused> {
    match crate::text::normalise(text, MAX_TEXT * 8) {
        Ok(text) => Ok(text),
        Err(crate::text::Invalid::Empty) => Ok(String::new()),
        Err(crate::text::Invalid::TooLong) => Err(field(name, "too_long", "At most 500 characters.")),
    }
}

/// How long what is over is kept.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Holds, reports and requests, from when they were resolved.
    pub resolved: Duration,
    /// Acts of the audit log.
    pub audit: Duration,
}

/// Deletes what is older than that, now and then, until the stop. PostgreSQL away: next time.
pub async fn tidy(db: Database, keep: Keep, shutdown: Shutdown) {
    loop {
        let done = async {
            let holds = store::holds::forget(&db, keep.resolved).await?;
            let reports = store::reports::forget(&db, keep.resolved).await?;
            let requests = store::unban_requests::forget(&db, keep.resolved).await?;
            let mut acts = 0;
            loop {
                match store::audit::forget(&db, keep.audit, BATCH).await? {
                    0 => break,
                    some => acts += some,
                }
            }
            Ok::<_, streamly_postgres::Error>((holds + reports + requests, acts))
        };
        tokio::select! {
            () = shutdown.started() => return,
            done = done => match done {
                Ok((0, 0)) => {}
                Ok((resolved, acts)) => {
                    tracing::info!(resolved, acts, "what is too old was deleted: holds, reports and requests; acts");
                }
                Err(e) => tracing::debug!(error = %e, "nothing could be deleted"),
            },
        }
        tokio::select! {
            () = shutdown.started() => return,
            () = tokio::time::sleep(TIDY) => {}
        }
    }
}
