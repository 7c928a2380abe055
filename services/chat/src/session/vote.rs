//! A `vote`: answered by nothing but the counts that follow, or by an error.

use super::state::Session;
use crate::{
    bans::SanctionKind,
    error::{Code, Refusal},
    polls::Error,
};

impl Session {
    /// Votes, or votes for something else.
    pub(super) async fn vote(&self, room: &str, poll: &str, option: i16, nonce: Option<&str>) {
        let voted =
            tokio::time::timeout(self.context.limits.say_patience.get(), self.try_vote(room, poll, option));
        if let Err(refusal) = voted.await.unwrap_or(Err(Code::Unavailable.into())) {
            self.refuse(&refusal, room, nonce);
        }
    }

    async fn try_vote(&self, room: &str, poll: &str, option: i16) -> Result<(), Refusal> {
        let account = self.writer().await?;
        if account.bot.is_some() {
            return Err(Code::Forbidden.into());
        }
        let channel = self.socket.room(room).ok_or(Code::NotJoined)?;
        let poll = poll.parse().map_err(|_| Code::PollNotFound)?;
        let id = account.person.id;
        if self.context.bans.of(channel.id, id).await.is_some_and(|s| s.kind == SanctionKind::Ban) {
            return Err(Code::Banned.into());
        }
        if let Some(pace) = &self.context.pace {
            let counted = pace.write(id, self.address).await;
            counted.map_err(|wait| Refusal::wait(Code::RateLimited, wait))?;
        }
        self.context.polls.vote(channel.id, poll, id, option).await.map_err(|e| match e {
            Error::NotFound => Code::PollNotFound.into(),
            Error::Over => Code::PollClosed.into(),
            Error::Invalid(errors) => {
                Refusal { detail: errors.into_iter().next().map(|e| e.detail), ..Code::InvalidFrame.into() }
            }
            e => {
                tracing::warn!(error = ?e, "a vote was not counted");
                Code::Unavailable.into()
            }
        })
    }
}
