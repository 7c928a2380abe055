//! Categories, the slugs they had, and what admins did to them.

use crate::error::Error;
use std::collections::HashMap;
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// Number of the advisory lock under which categories change; no other lock of this database may have it.
const ONE_EDITOR: i64 = 2;

/// A category.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Category {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub description: String,
    /// File in storage.
    pub picture: Option<String>,
}

impl Category {
    fn from_row(row: &Row) -> Self {
        Self {
            id: row.get("id"),
            slug: row.get("slug"),
            name: row.get("name"),
            description: row.get("description"),
            picture: row.get("picture"),
        }
    }
}

const COLUMNS: &str = "k.id, k.slug, k.name, k.description, k.picture";

/// Lets one transaction at a time change categories, until its end: a slug is of one category, now or formerly.
pub async fn one_editor(db: &impl GenericClient) -> Result<(), Error> {
    db.execute("SELECT pg_advisory_xact_lock($1)", &[&ONE_EDITOR]).await?;
    Ok(())
}

/// All of them by name.
pub async fn all(db: &impl GenericClient) -> Result<Vec<Category>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM categories k ORDER BY lower(k.name)");
    Ok(db.query(&sql, &[]).await?.iter().map(Category::from_row).collect())
}

/// How many there are.
pub async fn count(db: &impl GenericClient) -> Result<i64, Error> {
    Ok(db.query_one("SELECT count(*) FROM categories", &[]).await?.get(0))
}

/// The category of a slug that it has or had.
pub async fn by_slug(db: &impl GenericClient, slug: &str) -> Result<Option<Category>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM categories k WHERE k.slug = $1 UNION ALL SELECT {COLUMNS} FROM former_slugs f \
         JOIN categories k ON k.id = f.category_id WHERE f.slug = $1 LIMIT 1"
    );
    Ok(db.query_opt(&sql, &[&slug]).await?.as_ref().map(Category::from_row))
}

/// The category that a text means: its slug, one it had, or its name in whatever case.
pub async fn meant(db: &impl GenericClient, text: &str) -> Result<Option<Category>, Error> {
    let small = text.to_lowercase();
    if let Some(found) = by_slug(db, &small).await? {
        return Ok(Some(found));
    }
    let sql = format!("SELECT {COLUMNS} FROM categories k WHERE lower(k.name) = $1 LIMIT 1");
    Ok(db.query_opt(&sql, &[&small]).await?.as_ref().map(Category::from_row))
}

/// The category whose name looks like that, if there is one.
pub async fn by_look(db: &impl GenericClient, look: &str) -> Result<Option<Category>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM categories k WHERE k.name_key = $1");
    Ok(db.query_opt(&sql, &[&look]).await?.as_ref().map(Category::from_row))
}

/// Adds one. Call [`one_editor`] before, and see that slug and look are free.
pub async fn add(db: &impl GenericClient, category: &Category, look: &str) -> Result<(), Error> {
    let Category { id, slug, name, description, picture } = category;
    // A slug that another one had leads here from now on.
    db.execute("DELETE FROM former_slugs WHERE slug = $1", &[slug]).await?;
    let sql = "INSERT INTO categories (id, slug, name, name_key, description, picture) VALUES ($1, $2, $3, $4, $5, $6)";
    db.execute(sql, &[id, slug, name, &look, description, picture]).await?;
    Ok(())
}

/// Writes a changed one; a slug that it had leads to it from now on. Call [`one_editor`] before.
pub async fn change(
    db: &impl GenericClient,
    before: &str,
    category: &Category,
    look: &str,
) -> Result<(), Error> {
    let Category { id, slug, name, description, picture } = category;
    let sql = "UPDATE categories SET slug = $2, name = $3, name_key = $4, description = $5, picture = $6 WHERE id = $1";
    db.execute(sql, &[id, slug, name, &look, description, picture]).await?;
    if before != slug {
        db.execute("DELETE FROM former_slugs WHERE slug = $1", &[slug]).await?;
        leads(db, before, *id).await?;
    }
    Ok(())
}

async fn leads(db: &impl GenericClient, slug: &str, to: Uuid) -> Result<(), Error> {
    let sql = "INSERT INTO former_slugs (slug, category_id) VALUES ($1, $2) ON CONFLICT (slug) DO UPDATE SET category_id = $2";
    db.execute(sql, &[&slug, &to]).await?;
    Ok(())
}

/// Removes one whose slugs lead to another from now on. Its channels have moved: [`move_some`]. Call [`one_editor`] before.
pub async fn replace(db: &impl GenericClient, old: &Category, by: Uuid) -> Result<(), Error> {
    db.execute("UPDATE former_slugs SET category_id = $2 WHERE category_id = $1", &[&old.id, &by]).await?;
    db.execute("UPDATE channels SET category_id = $2 WHERE category_id = $1", &[&old.id, &by]).await?;
    remove(db, old.id).await?;
    leads(db, &old.slug, by).await
}

/// Removes one, and its former slugs.
pub async fn remove(db: &impl GenericClient, id: Uuid) -> Result<(), Error> {
    db.execute("DELETE FROM categories WHERE id = $1", &[&id]).await?;
    Ok(())
}

/// Some channels of a category whose text or link is not as it shall be.
pub async fn stale(
    db: &impl GenericClient,
    of: Uuid,
    to: Option<Uuid>,
    name: &str,
    most: i64,
) -> Result<Vec<Uuid>, Error> {
    let sql = "SELECT id FROM channels WHERE category_id = $1 AND (category_id IS DISTINCT FROM $2 OR category <> $3) LIMIT $4";
    Ok(db.query(sql, &[&of, &to, &name, &most]).await?.iter().map(|row| row.get(0)).collect())
}

/// Moves channels to another category, or to none, with its name as their text.
pub async fn move_some(
    db: &impl GenericClient,
    channels: &[Uuid],
    of: Uuid,
    to: Option<Uuid>,
    name: &str,
) -> Result<(), Error> {
    let sql = "UPDATE channels SET category_id = $3, category = $4 WHERE id = ANY($1) AND category_id = $2";
    db.execute(sql, &[&channels, &of, &to, &name]).await?;
    Ok(())
}

/// Links channels of before there were categories, whose text is a category's name.
pub async fn adopt(db: &impl GenericClient) -> Result<u64, Error> {
    let sql = "UPDATE channels c SET category_id = k.id, category = k.name FROM categories k \
               WHERE c.category_id IS NULL AND c.category <> '' AND lower(c.category) = lower(k.name)";
    Ok(db.execute(sql, &[]).await?)
}

/// Whether this call is the one that puts in what `seed` names.
pub async fn begin_seed(db: &impl GenericClient, seed: &str) -> Result<bool, Error> {
    Ok(db.execute("INSERT INTO seeds (name) VALUES ($1) ON CONFLICT DO NOTHING", &[&seed]).await? == 1)
}

/// Live channels and viewers of a category, by its id, and of texts that are none's, in small letters.
#[derive(Debug, Default)]
pub struct Live {
    by_id: HashMap<Uuid, (i64, i64)>,
    by_text: HashMap<String, (i64, i64)>,
}

impl Live {
    /// Live channels and viewers of a category.
    pub fn of(&self, category: &Category) -> (i64, i64) {
        let (a, b) = self.by_id.get(&category.id).copied().unwrap_or_default();
        let (c, d) = self.by_text.get(&category.name.to_lowercase()).copied().unwrap_or_default();
        (a + c, b + d)
    }
}

/// What is live, by category.
pub async fn live(db: &impl GenericClient) -> Result<Live, Error> {
    let sql = format!(
        "SELECT c.category_id, CASE WHEN c.category_id IS NULL THEN lower(c.category) END AS text, count(*) AS channels, \
         coalesce(sum(b.viewers), 0)::bigint AS viewers FROM broadcasts b JOIN channels c ON c.id = b.channel_id \
         WHERE {} AND {} GROUP BY 1, 2",
        super::directory::LIVE,
        super::directory::listed()
    );
    let mut live = Live::default();
    for row in db.query(&sql, &[]).await? {
        let count = (row.get("channels"), row.get("viewers"));
        match row.get::<_, Option<Uuid>>("category_id") {
            Some(id) => {
                live.by_id.insert(id, count);
            }
            None => {
                live.by_text.insert(row.get::<_, Option<String>>("text").unwrap_or_default(), count);
            }
        }
    }
    Ok(live)
}

/// What an admin did.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Act {
    pub id: Uuid,
    pub at: OffsetDateTime,
    pub actor_id: Uuid,
    pub actor_name: String,
    pub act: String,
    pub slug: String,
    pub detail: serde_json::Value,
}

/// Writes an act down.
pub async fn note(
    db: &impl GenericClient,
    (actor, name): (Uuid, &str),
    act: &str,
    slug: &str,
    detail: &serde_json::Value,
) -> Result<(), Error> {
    let sql = "INSERT INTO category_acts (id, actor_id, actor_name, act, slug, detail) VALUES ($1, $2, $3, $4, $5, $6)";
    db.execute(sql, &[&Uuid::now_v7(), &actor, &name, &act, &slug, detail]).await?;
    Ok(())
}

/// Acts, the newest first, before one.
pub async fn acts(db: &impl GenericClient, before: Option<Uuid>, most: i64) -> Result<Vec<Act>, Error> {
    let sql = "SELECT * FROM category_acts WHERE ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2";
    let rows = db.query(sql, &[&before, &most]).await?;
    Ok(rows
        .iter()
        .map(|row| Act {
            id: row.get("id"),
            at: row.get("at"),
            actor_id: row.get("actor_id"),
            actor_name: row.get("actor_name"),
            act: row.get("act"),
            slug: row.get("slug"),
            detail: row.get("detail"),
        })
        .collect())
}
