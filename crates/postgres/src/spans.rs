//! Spans of statements, by OpenTelemetry's conventions for databases: the statement with its places for values, never a value.
//!
//! Only what a call that is recorded causes has a span: background work asks as before.

use streamly_telemetry::trace::Span;
use tokio_postgres::Error;

/// Bytes of a statement that are recorded; the longest ones are lists of columns from there on.
const LONGEST: usize = 2_048;
/// What a statement is called: by its first word, if it is one of these.
const OPERATIONS: [&str; 10] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "BEGIN", "COMMIT", "ROLLBACK", "SET", "LOCK"];
/// And any other one.
const OTHER: &str = "other";

/// The span of a statement that is asked of that database now; none where nothing is recorded. `text`: none of one that was prepared
/// elsewhere.
pub(crate) fn asked(database: &str, text: Option<&str>) -> Span {
    let cause = Span::current();
    if !cause.is_recorded() {
        return Span::none();
    }
    let operation = text.map_or(OTHER, operation);
    let span = cause.client(|| format!("{operation} {database}").into());
    span.text("db.system.name", "postgresql");
    span.text("db.namespace", database);
    span.text("db.operation.name", operation);
    if let Some(text) = text {
        span.text("db.query.text", &shortened(text));
    }
    span
}

/// What came of it. Of an error its code: its words and details may quote values.
pub(crate) fn told<T>(span: &Span, answer: &Result<T, Error>) {
    if let Err(e) = answer {
        span.failed(e.code().map_or("connection", |state| state.code()));
    }
    span.end();
}

fn operation(text: &str) -> &'static str {
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    let word = words.find(|word| !word.is_empty()).unwrap_or_default();
    OPERATIONS.into_iter().find(|known| known.eq_ignore_ascii_case(word)).unwrap_or(OTHER)
}

/// On one line, and not too long.
fn shortened(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST));
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > LONGEST {
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, operation, shortened};

    #[test]
    fn a_statement_is_called_by_its_first_word_and_no_other_word_gets_into_a_name() {
        assert_eq!(operation("SELECT 1"), "SELECT");
        assert_eq!(operation("\n  insert INTO users VALUES ($1)"), "INSERT");
        assert_eq!(operation("(SELECT 1) UNION (SELECT 2)"), "SELECT");
        for odd in ["", "VACUUM users", "$1", "ÄNDERE"] {
            assert_eq!(operation(odd), "other", "{odd}");
        }
    }

    #[test]
    fn a_statement_is_one_line_of_bounded_length() {
        assert_eq!(shortened("SELECT a,\n       b  FROM c"), "SELECT a, b FROM c");
        let long = shortened(&"ä, ".repeat(LONGEST));
        assert!(long.len() <= LONGEST + '…'.len_utf8() && long.ends_with('…'), "{}", long.len());
        assert_eq!(shortened(&"x".repeat(LONGEST + 1)), "…");
    }
}
