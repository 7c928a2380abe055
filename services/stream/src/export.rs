//! What this service knows of a person, for the person, page by page. A cursor names a section and the last key of it that was given.

use crate::{
    app::App,
    error::Error,
    store::export::{self, Item, SECTIONS},
};
use streamly_domain::UserId;

/// Items of a page.
pub const PAGE: usize = 500;
/// Longest cursor that is looked at, bytes.
const MAX_CURSOR: usize = 128;

/// A page, and the cursor of the next; none: that was all.
pub type Page = (Vec<Item>, Option<String>);

/// A page after a cursor (empty: the first). `None`: the cursor was not given out here.
pub async fn page(app: &App, user: UserId, cursor: &str) -> Result<Option<Page>, Error> {
    let Some((section, mut after)) = parse(cursor) else { return Ok(None) };
    let db = app.connection().await?;
    let mut items = Vec::new();
    for (number, (kind, select)) in SECTIONS.into_iter().enumerate().skip(section) {
        let room = PAGE - items.len();
        let found = export::page(&db, (kind, select), user, &after, room as i64).await?;
        let full = found.len() == room;
        items.extend(found);
        if full {
            let key = items.last().map_or("", |item| item.key.as_str());
            let next = format!("{number}:{key}");
            return Ok(Some((items, Some(next))));
        }
        after.clear();
    }
    Ok(Some((items, None)))
}

fn parse(cursor: &str) -> Option<(usize, String)> {
    if cursor.is_empty() {
        return Some((0, String::new()));
    }
    let (section, key) =
        cursor.split_once(':').filter(|_| cursor.len() <= MAX_CURSOR && !cursor.contains('\0'))?;
    Some((section.parse().ok().filter(|section| *section < SECTIONS.len())?, key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cursors_of_this_form_are_taken() {
        assert_eq!(parse(""), Some((0, String::new())));
        assert_eq!(parse("7:0193"), Some((7, "0193".into())));
        for odd in
            [&format!("{}:", SECTIONS.len()), "-1:x", "x", "1:\0", &format!("1:{}", "x".repeat(MAX_CURSOR))]
        {
            assert_eq!(parse(odd), None, "{odd:?}");
        }
    }
}
