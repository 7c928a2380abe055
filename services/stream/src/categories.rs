//! Categories: the set that a platform begins with, what a name and a slug may be, and changes by admins.
//!
//! A slug that was given up leads to the category that has its place. Channels keep the name as their text: they are brought up to date a
//! few at a time, each few in a transaction of its own, so that nobody who goes live waits for an admin. Broken off, the same call goes on.

use crate::{
    app::App,
    error::Error,
    search,
    store::categories::{self as table, Category},
};
use serde_json::json;
use streamly_domain::{UserId, category::SEEDED};
use streamly_postgres::GenericClient;
use streamly_status::{Code, FieldError};
use uuid::Uuid;

/// Longest name, characters.
pub const MAX_NAME: usize = 60;
/// Longest slug.
pub const MAX_SLUG: usize = 60;
/// Longest description, characters.
pub const MAX_DESCRIPTION: usize = 300;
/// Slugs that addresses may need for something else.
const RESERVED: [&str; 9] =
    ["all", "new", "edit", "none", "me", "search", "popular", "admin", "openapi-json"];
/// Channels of one transaction.
const FEW: i64 = 200;

/// Who changes something.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Admin<'a> {
    pub id: UserId,
    pub name: &'a str,
}

/// Puts in the set that a platform begins with, once in its life, and links channels whose text is one's name.
pub async fn seed(app: &App) -> Result<(), Error> {
    let mut db = app.db.get().await?;
    let tx = db.transaction().await?;
    table::one_editor(&tx).await?;
    if table::begin_seed(&tx, "categories").await? {
        for (name, _) in SEEDED {
            let category = Category {
                id: Uuid::now_v7(),
                slug: search::slug(name, MAX_SLUG),
                name: name.to_owned(),
                description: String::new(),
                picture: None,
            };
            table::add(&tx, &category, &search::look(name)).await?;
        }
        let channels = table::adopt(&tx).await?;
        tracing::info!(categories = SEEDED.len(), channels, "categories were put in");
    }
    tx.commit().await?;
    Ok(())
}

/// A slug that may be asked for: 2 to 60 of a-z, 0-9 and single dashes, and no reserved one.
pub fn slug(value: &str, errors: &mut Vec<FieldError>) -> String {
    let value = value.trim().to_lowercase();
    let mut wrong = |code, detail: String| errors.push(FieldError { field: "slug".into(), code, detail });
    if RESERVED.contains(&value.as_str()) {
        wrong("reserved", "Addresses need this one for something else.".into());
    } else if !(2..=MAX_SLUG).contains(&value.len()) || search::slug(&value, MAX_SLUG) != value {
        wrong("invalid", format!("2 to {MAX_SLUG} of a-z, 0-9 and single dashes."));
    }
    value
}

/// A new one. Errors: `category_taken`, `too_many_categories`.
pub async fn add(app: &App, admin: Admin<'_>, category: &Category) -> Result<(), Error> {
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    table::one_editor(&tx).await?;
    if table::count(&tx).await? >= i64::from(app.config.max_categories) {
        return Err(Code::TooManyCategories.into());
    }
    let look = search::look(&category.name);
    free(&tx, category, &look).await?;
    table::add(&tx, category, &look).await?;
    note(&tx, admin, "add", &category.slug, &json!({"name": category.name})).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether no other one has the slug, now or formerly, or a name that looks the same.
async fn free(db: &impl GenericClient, category: &Category, look: &str) -> Result<(), Error> {
    let slug = table::by_slug(db, &category.slug).await?;
    let name = table::by_look(db, look).await?;
    let is_taken = [slug, name].into_iter().flatten().any(|other| other.id != category.id);
    if is_taken { Err(Code::CategoryTaken.into()) } else { Ok(()) }
}

async fn note(
    db: &impl GenericClient,
    admin: Admin<'_>,
    act: &str,
    slug: &str,
    detail: &serde_json::Value,
) -> Result<(), Error> {
    table::note(db, (admin.id.0, admin.name), act, slug, detail).await?;
    tracing::info!(actor = %admin.id, act, slug, "a category was changed");
    Ok(())
}

/// Changes one; `change` gets it as it is. A slug that it had leads to it. Errors: `category_not_found`, `category_taken`.
pub async fn change(
    app: &App,
    admin: Admin<'_>,
    slug: &str,
    change: impl FnOnce(&mut Category),
) -> Result<Category, Error> {
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    table::one_editor(&tx).await?;
    let before = table::by_slug(&tx, slug).await?.ok_or(Code::CategoryNotFound)?;
    let mut after = before.clone();
    change(&mut after);
    let look = search::look(&after.name);
    free(&tx, &after, &look).await?;
    table::change(&tx, &before.slug, &after, &look).await?;
    let detail = json!({"name": [before.name, after.name], "slug": [before.slug, after.slug], "picture": after.picture.is_some()});
    note(&tx, admin, "change", &after.slug, &detail).await?;
    tx.commit().await?;
    drop(db);
    if before.name != after.name {
        bring_along(app, before.id, Some(after.id), &after.name).await?;
    }
    Ok(after)
}

/// Makes one part of another: its channels move, its slugs lead there. Errors: `category_not_found`; both are one.
pub async fn merge(app: &App, admin: Admin<'_>, slug: &str, into: &str) -> Result<Category, Error> {
    let db = app.connection().await?;
    let old = table::by_slug(&db, slug).await?.ok_or(Code::CategoryNotFound)?;
    let new = table::by_slug(&db, into).await?.ok_or(Code::CategoryNotFound)?;
    drop(db);
    if old.id == new.id {
        let detail = "Another category than itself.".to_owned();
        return Err(Error::Fields(vec![FieldError { field: "into".into(), code: "invalid", detail }]));
    }
    bring_along(app, old.id, Some(new.id), &new.name).await?;
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    table::one_editor(&tx).await?;
    // Both may have been changed since.
    let is_there = table::by_slug(&tx, &new.slug).await?.is_some_and(|c| c.id == new.id);
    if !is_there {
        return Err(Code::CategoryNotFound.into());
    }
    table::replace(&tx, &old, new.id).await?;
    note(&tx, admin, "merge", &old.slug, &json!({"into": new.slug})).await?;
    tx.commit().await?;
    Ok(new)
}

/// Removes one; its channels have none from then on. Errors: `category_not_found`.
pub async fn remove(app: &App, admin: Admin<'_>, slug: &str) -> Result<Category, Error> {
    let db = app.connection().await?;
    let old = table::by_slug(&db, slug).await?.filter(|c| c.slug == slug).ok_or(Code::CategoryNotFound)?;
    drop(db);
    bring_along(app, old.id, None, "").await?;
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    table::one_editor(&tx).await?;
    table::remove(&tx, old.id).await?;
    note(&tx, admin, "remove", &old.slug, &json!({"name": old.name})).await?;
    tx.commit().await?;
    Ok(old)
}

/// Gives all channels of a category another one, and its name.
async fn bring_along(app: &App, of: Uuid, to: Option<Uuid>, name: &str) -> Result<(), Error> {
    loop {
        let mut db = app.connection().await?;
        let tx = db.transaction().await?;
        let channels = table::stale(&tx, of, to, name, FEW).await?;
        if channels.is_empty() {
            return Ok(());
        }
        table::move_some(&tx, &channels, of, to, name).await?;
        for id in channels {
            let found = crate::store::channels::find(&tx, crate::store::channels::By::Id(id.into())).await?;
            if let Some(channel) = found {
                crate::store::channels::refresh_search(&tx, &channel).await?;
            }
        }
        tx.commit().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_set_that_a_platform_begins_with_has_good_slugs_and_no_look_alikes() {
        let slugs: HashSet<_> = SEEDED.iter().map(|(name, _)| search::slug(name, MAX_SLUG)).collect();
        let looks: HashSet<_> = SEEDED.iter().map(|(name, _)| search::look(name)).collect();
        assert_eq!((slugs.len(), looks.len()), (SEEDED.len(), SEEDED.len()));
        for wanted in slugs {
            let mut errors = Vec::new();
            assert_eq!(slug(&wanted, &mut errors), wanted);
            assert!(errors.is_empty(), "{wanted}");
        }
    }

    #[test]
    fn a_slug_is_good_in_an_address_and_not_reserved() {
        for bad in ["", "a", "a b", "a--b", "-a", "a-", "é", "a/b", "a.b", "me", "NEW", &"x".repeat(61)] {
            let mut errors = Vec::new();
            slug(bad, &mut errors);
            assert_eq!(errors.len(), 1, "{bad}");
        }
        let mut errors = Vec::new();
        assert_eq!(slug(" Retro-Games ", &mut errors), "retro-games");
    }
}
