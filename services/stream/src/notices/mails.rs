//! Mails to followers who asked for them. User writes and sends them, and sees to it that nobody gets two about one broadcast; so a batch
//! that was asked for and not noted is asked for again. Before it sends one it asks whether it is still wanted ([`is_wanted`]).

use super::{Batch, stop};
use crate::{
    app::App,
    error::Error,
    store::notices::{self, Telling, Way},
};
use streamly_domain::{BroadcastId, UserId};
use streamly_proto::user::v1::{
    LiveNoticeRecipient, SendLiveNoticesRequest, user_service_client::UserServiceClient,
};

/// People of one call (proto/streamly/user/v1).
const BATCH: i64 = 100;
/// From so many mails that wait at user on no more are asked for, of whatever broadcast: it may end while they wait. At most a batch more waits.
pub const WAITING: u32 = 500;

/// How many mails wait at user; any broadcast will do. Errors: user is away.
pub async fn waiting(app: &App, any: &Telling) -> Result<u32, Error> {
    ask(app, any, &[]).await
}

/// The next followers of a broadcast's channel, and how many mails wait then. Errors: the database or user is away.
pub async fn batch(app: &App, telling: Telling) -> Result<(Batch, u32), Error> {
    let pause = app.config.notices.mail_pause.get();
    let db = app.connection().await?;
    let users = notices::next_to_mail(&db, &telling, pause, BATCH).await?;
    let Some(last) = users.last().copied() else {
        notices::advance(&db, Way::Mail, telling.broadcast, None).await?;
        return Ok((Batch::Done, 0));
    };
    drop(db);
    let waiting = ask(app, &telling, &users).await?;
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    notices::mailed(&tx, telling.channel, &users).await?;
    notices::advance(&tx, Way::Mail, telling.broadcast, Some(last)).await?;
    tx.commit().await?;
    Ok((Batch::More, waiting))
}

/// Whether a mail that waits is still wanted: the broadcast runs, and its reader may and wants to be told. One that is not counts as if it had
/// never been asked for. Errors: the database is away.
pub async fn is_wanted(app: &App, broadcast: BroadcastId, user: UserId) -> Result<bool, Error> {
    notices::is_mail_wanted(&app.connection().await?, broadcast, user).await
}

/// How many mails wait at user then.
async fn ask(app: &App, telling: &Telling, users: &[UserId]) -> Result<u32, Error> {
    let recipients = users
        .iter()
        .map(|user| LiveNoticeRecipient {
            user_id: user.to_string(),
            stop_url: stop::url(&app.config.public_url, &app.vault, *user),
        })
        .collect();
    let request = SendLiveNoticesRequest {
        broadcast_id: telling.broadcast.to_string(),
        username: telling.username.clone(),
        display_name: telling.display_name.clone(),
        title: telling.title.clone(),
        category: telling.category.clone(),
        recipients,
    };
    let call = app.users.call(|transport| {
        let request = request.clone();
        async move { UserServiceClient::new(transport).send_live_notices(request).await }
    });
    let answer = call.await.map_err(|status| Error::User(Box::new(status)))?;
    metrics::counter!("streamly_stream_notices_total", "way" => "mail").increment(answer.written.into());
    Ok(answer.waiting)
}
