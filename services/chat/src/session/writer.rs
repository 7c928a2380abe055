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

impl Context {
    /// The bot of a token. Errors: nobody's token, or a revoked one's (alike); PostgreSQL or `stream` is away.
    pub async fn bot(&self, token: &Token) -> Result<Bot, Failure> {
        let kept = self.bots.by_token(token).await.map_err(|e| {
            tracing::warn!(error = %e, "a bot's token cannot be looked up");
            Failure::Away
        })?;
        let kept = kept.ok_or(Failure::NotFound)?;
        let channel = self.directory.channel(&kept.room.to_string()).await?;
        Ok(Bot::of(&kept, &channel))
    }
}

impl Session {
    /// Who writes on the socket, if it may; a revoked bot is put out.
    pub(super) async fn writer(&self) -> Result<&Account, Refusal> {
        let Who::Here(Some(account)) = &self.who else { return Err(Code::Unauthorized.into()) };
        match &account.bot {
            Some(bot) if !Box::pin(self.context.bots.is_valid(bot.person.id)).await => {
                self.socket.end(Close::REVOKED);
                Err(Code::InvalidToken.into())
            }
            None if account.ends.is_none_or(|e| e <= Instant::now()) => Err(Code::ReadOnly.into()),
            _ => Ok(account),
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
