//! Who writes on a socket, person or bot, and what that is in a room. Bots have no account elsewhere: nobody else is asked for them.

use super::state::{Account, Context, Session, Who};
use crate::{
    bots::{Bot, Token},
    directory::{Channel, Failure, Standing},
    error::{Code, Refusal},
    socket::Close,
};
use std::sync::Arc;
use streamly_domain::UserId;
use tokio::time::Instant;

/// Why a token makes nobody a bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBot {
    /// Nobody's token, or a revoked one's.
    Unknown,
    /// Its owner's account is suspended or closed.
    Suspended,
    /// PostgreSQL or `stream` is away.
    Away,
}

impl Context {
    /// The bot of a token.
    pub async fn bot(&self, token: &Token) -> Result<Bot, NoBot> {
        let kept = self.bots.by_token(token).await.map_err(|e| {
            tracing::warn!(error = %e, "a bot's token cannot be looked up");
            NoBot::Away
        })?;
        let kept = kept.ok_or(NoBot::Unknown)?;
        let channel = self.directory.channel(&kept.room.to_string()).await.map_err(|e| match e {
            Failure::NotFound => NoBot::Unknown,
            Failure::Away => NoBot::Away,
        })?;
        let bot = Bot::of(&kept, &channel);
        if self.directory.is_suspended(bot.owner).await { Err(NoBot::Suspended) } else { Ok(bot) }
    }

    /// Why a bot that has shown its token before is none any more, if so.
    pub(super) async fn barred(&self, bot: &Bot) -> Option<Close> {
        if !self.bots.is_valid(bot.person.id).await {
            return Some(Close::REVOKED);
        }
        self.directory.is_suspended(bot.owner).await.then_some(Close::SUSPENDED)
    }
}

impl Session {
    /// Who writes on the socket, if it may; a bot that is none any more is put out.
    pub(super) async fn writer(&self) -> Result<&Account, Refusal> {
        let Who::Here(Some(account)) = &self.who else { return Err(Code::Unauthorized.into()) };
        match &account.bot {
            Some(bot) => match Box::pin(self.context.barred(bot)).await {
                Some(why) => {
                    self.socket.end(why);
                    Err(Code::InvalidToken.into())
                }
                None => Ok(account),
            },
            None if account.ends.is_none_or(|e| e <= Instant::now()) => Err(Code::ReadOnly.into()),
            None => Ok(account),
        }
    }

    /// The bot that the socket is.
    pub(super) fn bot(&self) -> Option<&Arc<Bot>> {
        match &self.who {
            Who::Here(Some(account)) => account.bot.as_ref(),
            _ => None,
        }
    }

    /// What the socket's user is in a channel.
    pub(super) async fn standing(&self, user: UserId, channel: &Channel) -> Arc<Standing> {
        match self.bot() {
            Some(bot) => bot.standing(channel.id),
            None => self.context.directory.standing(user, channel).await,
        }
    }
}
