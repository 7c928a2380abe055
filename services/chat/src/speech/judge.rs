//! Modes, rules, slow mode and unique, as they count for one message. What a fresh answer of another service could lift is asked for afresh
//! before it is refused. Bots have no account elsewhere: nothing is asked for them, and modes count for those that do not moderate.

use super::{Speech, away, held::Held};
use crate::{
    bus::{Against, Ask},
    directory::Standing,
    error::{Code, Refusal},
    rules::{self, Author, Judgement, Text, fold},
    settings::Settings,
    socket::unix_ms,
};
use std::{sync::Arc, time::Duration};

/// After a refusal that a fresh answer of `stream` or `user` could lift (somebody has just followed), how old the answer may be.
const FRESH: Duration = Duration::from_secs(2);

impl Speech<'_> {
    /// Modes and rules. What a fresh answer could lift is asked for afresh before it is refused. Answers the standing that counted, and
    /// whether the message has to wait for a moderator.
    pub(super) async fn judge(
        &self,
        settings: &Settings,
        mut standing: Arc<Standing>,
        nonce: Option<&str>,
        text: &Text<'_>,
    ) -> Result<(Arc<Standing>, Option<Held>), Refusal> {
        let user = self.person.id;
        let directory = &self.context.directory;
        let fresh = self.context.limits.directory_fresh.get();
        // A room may ask for it from times when addresses could be confirmed.
        let is_free = !self.context.moderation.email_verification;
        let mut email_verified = is_free
            || settings.verified_only
                && self.bot.is_none()
                && directory.profile_within(user, fresh).await.is_ok_and(|p| p.email_verified);
        let judge = |standing: &Standing, email_verified| {
            rules::judge(unix_ms(), settings, &Author { standing, email_verified }, text)
        };
        let mut judgement = judge(&standing, email_verified);
        if let Judgement::Refuse(Code::FollowersOnly | Code::VerifiedOnly, _) = judgement
            && self.bot.is_none()
        {
            if let Some(fresh) = Box::pin(directory.standing_within(user, self.channel, FRESH)).await {
                standing = fresh;
            }
            email_verified = is_free
                || Box::pin(directory.profile_within(user, FRESH))
                    .await
                    .map_or(email_verified, |p| p.email_verified);
            judgement = judge(&standing, email_verified);
        }
        let mut held = match judgement {
            Judgement::Pass => None,
            Judgement::Refuse(code, wait) => return Err(Refusal { wait, ..code.into() }),
            Judgement::Hold(reason) => Some(Held { reason, term: None }),
        };
        if (Author { standing: &standing, email_verified }).is_exempt() {
            return Ok((standing, held));
        }
        let findings = Box::pin(self.context.screen.look(self.channel.id, settings, user, nonce, text)).await;
        match findings.judge(settings) {
            Judgement::Pass => {}
            Judgement::Refuse(code, wait) => return Err(Refusal { wait, ..code.into() }),
            Judgement::Hold(reason) => held = Some(Held { reason, term: findings.term }),
        }
        Ok((standing, held))
    }

    /// Slow mode and unique, which remember the message.
    pub(super) async fn take(
        &self,
        settings: &Settings,
        standing: &Standing,
        nonce: Option<&str>,
        text: &str,
    ) -> Result<(), Refusal> {
        if (Author { standing, email_verified: true }).is_exempt() {
            return Ok(());
        }
        // An image without a text repeats nothing.
        let folded = settings.unique.then(|| fold::sense(text)).filter(|f| !f.is_empty());
        let ask = Ask {
            slow: Duration::from_secs(settings.slow_s.into()),
            unique: folded.as_deref(),
            nonce: nonce.unwrap_or_default(),
        };
        if ask.slow.is_zero() && ask.unique.is_none() {
            return Ok(());
        }
        let taken = Box::pin(self.context.said.take(self.channel.id, self.person.id, &ask)).await;
        match taken.map_err(away)? {
            None => Ok(()),
            Some(Against::Slow(wait)) => Err(Refusal::wait(Code::SlowMode, wait)),
            Some(Against::Unique(wait)) => Err(Refusal::wait(Code::Duplicate, wait)),
        }
    }
}
