//! Gives members of a channel their roles and takes them away, with the fact of it. Who may do so, the edges have decided before.

use crate::{
    app::App,
    error::Error,
    people,
    store::{
        channels,
        channels::Channel,
        members::{self, Role},
        outbox,
    },
};
use serde_json::json;
use streamly_domain::UserId;
use streamly_status::{Code, FieldError};

/// Whether `actor` may give roles in the channel: its owner and the platform's staff may, unless suspended. Asks the user service
/// anew about anybody but the owner. Errors: `forbidden`; the user service is away.
pub async fn may_set(app: &App, channel: &Channel, actor: UserId) -> Result<(), Error> {
    let may = if channel.owner_id == actor {
        !channel.suspended
    } else {
        people::acts_as_staff(app, actor).await?
    };
    if may { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// Gives a user that role, or none, on behalf of `by`; answers the one before. The same again changes nothing and is no fact.
/// Errors: the user is the owner; `too_many_members`.
pub async fn set(
    app: &App,
    channel: &Channel,
    user: UserId,
    role: Option<Role>,
    by: UserId,
) -> Result<Option<Role>, Error> {
    if user == channel.owner_id {
        let detail = "The channel's owner has no other role in it.".to_owned();
        return Err(Error::Fields(vec![FieldError { field: "username".into(), code: "invalid", detail }]));
    }
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, channel.id).await?.ok_or(Code::ChannelNotFound)?;
    let before = members::role_of(&tx, channel.id, user).await?;
    if before == role {
        return Ok(before);
    }
    match role {
        Some(role) => {
            if before.is_none() && members::count(&tx, channel.id).await? >= app.config.max_members.into() {
                return Err(Code::TooManyMembers.into());
            }
            members::put(&tx, channel.id, user, role, by).await?;
        }
        None => members::remove(&tx, channel.id, user).await?,
    }
    let role = role.map(Role::as_str);
    let fact = json!({"user_id": user, "role": role});
    outbox::push(&tx, "stream.member_changed", channel.id, &fact).await?;
    tx.commit().await?;
    app.committed.notify_one();
    tracing::info!(channel = %channel.id, %user, role, %by, "a member's role changed");
    Ok(before)
}
