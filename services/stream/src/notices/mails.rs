//! Mails to followers who asked for them. User writes and sends them, and sees to it that nobody gets two about one broadcast; so a batch
//! that was asked for and not noted is asked for again.

use super::{Batch, stop};
use crate::{
    app::App,
    error::Error,
    store::notices::{self, Telling, Way},
};
use streamly_domain::UserId;
use streamly_proto::user::v1::{
    LiveNoticeRecipient, SendLiveNoticesRequest, user_service_client::UserServiceClient,
};

/// People of one call (proto/streamly/user/v1).
const BATCH: i64 = 100;
/// Beyond so many mails that wait at user no more are asked for: a broadcast may end while they wait.
const WAITING: u32 = 500;

/// The next followers of a broadcast's channel. Errors: the database or user is away.
pub async fn batch(app: &App, telling: Telling) -> Result<Batch, Error> {
    let pause = app.config.notices.mail_pause.get();
    let db = app.connection().await?;
    let users = notices::next_to_mail(&db, &telling, pause, BATCH).await?;
    let Some(last) = users.last().copied() else {
        notices::advance(&db, Way::Mail, telling.broadcast, None).await?;
        return Ok(Batch::Done);
    };
    drop(db);
    let waiting = ask(app, &telling, &users).await?;
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    notices::mailed(&tx, telling.channel, &users).await?;
    notices::advance(&tx, Way::Mail, telling.broadcast, Some(last)).await?;
    tx.commit().await?;
    Ok(if waiting > WAITING { Batch::Later } else { Batch::More })
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
