//! Sends what waits in the table `mails`, oldest first. One process does, elected by an advisory lock as the relay of facts is.
//! Mails to many followers are sent one at a time, with a pause, and only while nothing else is due: of each broadcast one, then of the next.
//! Just before one is sent `stream` is asked whether it is still wanted; while it does not answer, they wait.
//!
//! A failure is tried again after a pause that doubles, also after the server said "never" (a wrong password of ours says so, too); after
//! `mail.give_up` it ends. A forgotten password is looked up here, not when it is asked for: the answer to that takes the same time for all.

use super::{
    KINDS, Site,
    post::{self, Parcel, Post},
};
use crate::{
    config::MailConfig,
    error::Error,
    refresh::Token,
    store::{
        Store,
        mails::{Due, Fate, MailLease},
    },
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use streamly_domain::{Language, UserId};
use streamly_lifecycle::Shutdown;
use streamly_proto::stream::v1::{IsMailWantedRequest, notice_service_client::NoticeServiceClient};
use streamly_rpc::Peer;
use tokio::sync::{Mutex, Notify};
use uuid::Uuid;

/// Pause between looks when nobody rang: mails of other replicas.
const LOOK: Duration = Duration::from_secs(1);
/// Pause between tries to become the one that sends, and after a failure of the database.
const RETRY: Duration = Duration::from_secs(2);
/// How long a mail that is on its way has at the stop: less than tasks are waited for.
const FINISH: Duration = Duration::from_millis(1_500);
/// Longest time of a look at the table.
const PASS: Duration = Duration::from_secs(10);
/// Longest pause between two tries of a mail.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Pause between two clean-ups of the folder.
const CLEAN: Duration = Duration::from_secs(3_600);
/// Mails that let an account choose a new password in one hour; more requests change nothing, since one of these is still good.
const RESETS_PER_HOUR: i64 = 5;
/// Longest wait for `stream`'s word about one mail.
const ASK: Duration = Duration::from_secs(1);
/// Broadcasts whose last turn is remembered; of more the longest ago come first, as if they had had none.
const TURNS: usize = 256;
/// Most characters of an error that are kept.
const ERROR_MAX: usize = 300;

/// Delivers until the stop.
pub(crate) struct Delivery {
    pub(crate) store: Store,
    pub(crate) post: Post,
    pub(crate) site: Site,
    pub(crate) config: MailConfig,
    /// Rung when this process has written a mail.
    pub(crate) bell: Arc<Notify>,
    /// Knows which mails to many are wanted; none: all of them.
    pub(crate) stream: Option<Peer>,
}

/// Names what mails come to, so that the first one of a kind is a rise.
pub(crate) fn count_from_zero() {
    for kind in KINDS {
        for outcome in ["sent", "failed"] {
            metrics::counter!("streamly_user_mails_total", "kind" => *kind, "outcome" => outcome)
                .increment(0);
        }
    }
}

impl Delivery {
    /// Returns when the stop starts and the mail that is on its way then, if there is one, is noted, or has had [`FINISH`]: the mail server
    /// may have taken it already, and cut off before that is noted it would be sent once more. What is left waits in the table.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let on_its_way = Mutex::new(());
        let stop = async {
            shutdown.started().await;
            let _noted_or_late = tokio::time::timeout(FINISH, on_its_way.lock()).await;
        };
        tokio::select! {
            // Asked first: no other mail begins.
            biased;
            () = stop => {}
            never = self.deliver(&on_its_way) => never,
            never = self.clean() => never,
        }
    }

    async fn deliver(&self, on_its_way: &Mutex<()>) -> ! {
        let mut served = VecDeque::new();
        loop {
            if let Ok(Ok(Some(lease))) = tokio::time::timeout(PASS, self.store.try_mail_lease()).await {
                while self.pass(&lease, &mut served, on_its_way).await.is_some() {}
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Sends what is due, or one notice, or waits. `None`: the lease is lost.
    async fn pass(
        &self,
        lease: &MailLease,
        served: &mut VecDeque<Uuid>,
        on_its_way: &Mutex<()>,
    ) -> Option<()> {
        let mut due = tokio::time::timeout(PASS, lease.due()).await.ok()?.ok()?;
        let mut rest = Duration::ZERO;
        if due.is_empty() {
            let looking = lease.notice_due(served.make_contiguous());
            let notice = tokio::time::timeout(PASS, looking).await.ok()?.ok()?;
            if let Some((broadcast, _)) = notice.as_ref().and_then(|due| due.about) {
                had_its_turn(served, broadcast);
            }
            rest = if notice.is_some() { self.config.notice_pace.get() } else { LOOK };
            due.extend(notice);
        }
        for mail in due {
            // In turn: who waits for the stop is before the next mail.
            let sending = on_its_way.lock().await;
            let noted = self.one(mail).await;
            drop(sending);
            if let Err(e) = noted {
                tracing::warn!(cause = ?e, "a mail waits, since the database does not answer");
                tokio::time::sleep(RETRY).await;
            }
        }
        if !rest.is_zero() {
            tokio::select! {
                () = self.bell.notified() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
        Some(())
    }

    async fn one(&self, due: Due) -> Result<(), Error> {
        let life = if due.bulk { self.config.notice_life.get() } else { self.config.give_up.get() };
        if due.bulk && (due.unwanted || due.age > life) {
            let error = "not sent: it is too late, or the account or its address is another".to_owned();
            return self.store.decide(due.id, &Fate::Failed { error, pause: LOOK, given_up: true }).await;
        }
        if let Some((broadcast, user)) = due.about.filter(|_| due.bulk) {
            let fate = match self.is_wanted(broadcast, user).await {
                Some(true) => None,
                Some(false) => {
                    let error = "not sent: it is over, or not wanted any more".to_owned();
                    Some(Fate::Failed { error, pause: LOOK, given_up: true })
                }
                None => Some(Fate::Later { pause: RETRY }),
            };
            if let Some(fate) = fate {
                return self.store.decide(due.id, &fate).await;
            }
        }
        let stop_url = due.stop_url.clone();
        let Some((language, subject, text)) = self.words(&due).await? else { return Ok(()) };
        let (id, kind) = (due.id, due.kind);
        let parcel = Parcel {
            id,
            created_at: due.created_at.into(),
            to: due.recipient,
            kind: kind.clone(),
            language,
            subject,
            text,
            stop_url,
        };
        let outcome = self.post.send(parcel).await;
        metrics::counter!("streamly_user_mails_total", "kind" => kind.clone(),
                          "outcome" => if outcome.is_ok() { "sent" } else { "failed" })
        .increment(1);
        let fate = match outcome {
            Ok(()) => Fate::Sent { keep_text: !self.post.delivers() },
            Err(e) => {
                let error = brief(&e);
                let given_up = due.age > life;
                tracing::warn!(mail = %id, kind, attempts = due.attempts + 1, given_up, error, "a mail was not sent");
                Fate::Failed { error, pause: pause(self.config.retry.get(), due.attempts), given_up }
            }
        };
        self.store.decide(id, &fate).await
    }

    /// Whether a follower is still to be told of a broadcast; none: `stream` does not say.
    async fn is_wanted(&self, broadcast: Uuid, user: UserId) -> Option<bool> {
        let Some(stream) = &self.stream else { return Some(true) };
        let request = IsMailWantedRequest { broadcast_id: broadcast.to_string(), user_id: user.to_string() };
        let call = stream.call(|transport| {
            let request = request.clone();
            async move { NoticeServiceClient::new(transport).is_mail_wanted(request).await }
        });
        match tokio::time::timeout(ASK, call).await {
            Ok(Ok(answer)) => Some(answer.wanted),
            Ok(Err(status)) => {
                tracing::debug!(%status, "mails to followers wait for stream");
                None
            }
            Err(_) => None,
        }
    }

    /// Language, subject and text; a forgotten password's are made now, if there is an account to it.
    async fn words(&self, due: &Due) -> Result<Option<(Language, String, String)>, Error> {
        if let (Some(subject), Some(text)) = (&due.subject, &due.body) {
            return Ok(Some((due.language.unwrap_or_default(), subject.clone(), text.clone())));
        }
        let token = Token::random()?;
        let made = self
            .store
            .answer_forgotten(due.id, &due.recipient, &token, RESETS_PER_HOUR, |to| {
                self.site.reset(to, &token)
            })
            .await?;
        if made.is_none() {
            tracing::debug!(mail = %due.id, "a new password was asked for where there is no account, or too often");
        }
        Ok(made.map(|letter| (letter.language, letter.subject, letter.text)))
    }

    async fn clean(&self) -> ! {
        loop {
            match self.post.forget(self.config.keep.get()).await {
                Ok(0) => {}
                Ok(files) => tracing::info!(files, "old mails were removed"),
                Err(e) => tracing::warn!(error = %e, "old mails stay for now"),
            }
            tokio::time::sleep(CLEAN).await;
        }
    }
}

/// The broadcast comes last now.
fn had_its_turn(served: &mut VecDeque<Uuid>, broadcast: Uuid) {
    served.retain(|other| *other != broadcast);
    if served.len() >= TURNS {
        served.pop_front();
    }
    served.push_back(broadcast);
}

/// The error with its causes, for the operator.
fn brief(e: &post::Error) -> String {
    let mut text = e.to_string();
    let mut cause = std::error::Error::source(e).and_then(std::error::Error::source);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text.chars().take(ERROR_MAX).collect()
}

/// After so many failures before this one.
fn pause(first: Duration, failures: i32) -> Duration {
    let doubled = first.saturating_mul(1 << failures.clamp(0, 20));
    doubled.min(LONGEST).max(first.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        let first = Duration::from_secs(30);
        let pauses: Vec<_> = [0, 1, 2, 6, 7, 40].map(|n| pause(first, n).as_secs()).into();
        assert_eq!(pauses, [30, 60, 120, 1_920, 3_600, 3_600]);
    }
}
