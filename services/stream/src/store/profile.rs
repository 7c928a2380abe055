//! What a channel says about itself: the columns of `channels` that only its page and its owner read.

use crate::{
    embedding::{Embedding, Framing},
    error::Error,
    profile::{Link, Panel},
};
use streamly_domain::ChannelId;
use streamly_postgres::GenericClient;
use uuid::Uuid;

/// As it is stored. What does not read, of another version, is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Profile {
    pub bio: String,
    pub links: Vec<Link>,
    pub panels: Vec<Panel>,
    /// Files in storage.
    pub avatar: Option<String>,
    pub banner: Option<String>,
    /// Who may frame its player.
    pub framing: Framing,
}

/// The profile of a channel. `None`: no such channel.
pub async fn find(db: &impl GenericClient, id: ChannelId) -> Result<Option<Profile>, Error> {
    let sql = "SELECT bio, links, panels, avatar, banner, embedding, embed_sites FROM channels WHERE id = $1";
    let statement = db.prepare_cached(sql).await?;
    let Some(row) = db.query_opt(&statement, &[&id.0]).await? else { return Ok(None) };
    Ok(Some(Profile {
        bio: row.get("bio"),
        links: serde_json::from_value(row.get("links")).unwrap_or_default(),
        panels: serde_json::from_value(row.get("panels")).unwrap_or_default(),
        avatar: row.get("avatar"),
        banner: row.get("banner"),
        framing: Framing {
            // What this version does not know is for nobody.
            embedding: row.get::<_, &str>("embedding").parse().unwrap_or(Embedding::Nowhere),
            embed_sites: row.get("embed_sites"),
        },
    }))
}

/// What the owner changes; `None` leaves a field.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Edit<'a> {
    /// The category that the new text is the name of; the outer `None` leaves it.
    pub category_id: Option<Option<Uuid>>,
    pub tag_keys: Option<&'a [String]>,
    pub language: Option<&'a str>,
    pub mature: Option<bool>,
    pub bio: Option<&'a str>,
    pub links: Option<&'a [Link]>,
    pub panels: Option<&'a [Panel]>,
    pub embedding: Option<Embedding>,
    pub embed_sites: Option<&'a [String]>,
}

/// Changes what the owner may change.
pub async fn edit(db: &impl GenericClient, id: ChannelId, edit: &Edit<'_>) -> Result<(), Error> {
    let links = edit.links.map(serde_json::to_value).transpose()?;
    let panels = edit.panels.map(serde_json::to_value).transpose()?;
    let (changes, category) = (edit.category_id.is_some(), edit.category_id.flatten());
    let sql = "UPDATE channels SET category_id = CASE WHEN $2 THEN $3 ELSE category_id END, tag_keys = coalesce($4, tag_keys), \
               language = coalesce($5, language), mature = coalesce($6, mature), bio = coalesce($7, bio), \
               links = coalesce($8, links), panels = coalesce($9, panels), embedding = coalesce($10, embedding), \
               embed_sites = coalesce($11, embed_sites) WHERE id = $1";
    db.execute(
        sql,
        &[
            &id.0,
            &changes,
            &category,
            &edit.tag_keys,
            &edit.language,
            &edit.mature,
            &edit.bio,
            &links,
            &panels,
            &edit.embedding.map(Embedding::as_str),
            &edit.embed_sites,
        ],
    )
    .await?;
    Ok(())
}

/// One of the two pictures that a channel has one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Beside the name.
    Avatar,
    /// Above the page.
    Banner,
}

/// Puts a picture in a place, or takes it away.
pub async fn set_picture(
    db: &impl GenericClient,
    id: ChannelId,
    place: Place,
    file: Option<&str>,
) -> Result<(), Error> {
    let sql = match place {
        Place::Avatar => "UPDATE channels SET avatar = $2 WHERE id = $1",
        Place::Banner => "UPDATE channels SET banner = $2 WHERE id = $1",
    };
    db.execute(sql, &[&id.0, &file]).await?;
    Ok(())
}
