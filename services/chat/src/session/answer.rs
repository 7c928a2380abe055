//! A `say` of a socket: who the socket is, in which room, and the answer: nothing besides the message that everybody gets, what became of
//! the first of several under one nonce, or an error. What is said, and whether, is [`crate::speech`]'s.

use super::state::Session;
use crate::{
    error::{Code, Refusal},
    frame::Server,
    holds,
    hub::Repeat,
    speech::{Outcome, Saying, Speech},
};
use tokio::time::Instant;

impl Session {
    /// Says it and answers.
    pub(super) async fn say(&self, room: &str, saying: &Saying<'_>) {
        if let Err(refusal) = self.try_say(room, saying).await {
            if refusal.code == Code::Banned
                && let Some(channel) = self.socket.room(room)
            {
                return Box::pin(self.banned(channel.id, room, saying.nonce)).await;
            }
            self.refuse(&refusal, room, saying.nonce);
        }
    }

    async fn try_say(&self, room: &str, saying: &Saying<'_>) -> Result<(), Refusal> {
        let account = self.writer().await?;
        let channel = self.socket.room(room).ok_or(Code::NotJoined)?;
        let until = Instant::now() + self.context.limits.say_patience.get();
        let speech = Speech {
            context: &self.context,
            person: &account.person,
            bot: account.bot.as_deref(),
            address: self.address,
            channel: &channel,
            is_told: true,
        };
        match speech.say(saying).await? {
            Outcome::Said { repeated: false, .. } | Outcome::Held { repeated: false, .. } => {}
            Outcome::Said { entry, .. } => {
                let repeat = Repeat { socket: self.socket.clone(), entry, until };
                self.context.hub.repeat(channel.id, repeat).await;
            }
            Outcome::Held { kept, .. } => {
                self.socket.send(holds::for_author(&kept).to_string().into());
                if kept.state != "waiting" {
                    self.socket.send(holds::resolved(&kept).to_string().into());
                }
            }
            Outcome::Done(text) => {
                let done = Server::Done { room: channel.id, nonce: saying.nonce, text: &text };
                self.socket.send(done.encode());
            }
        }
        Ok(())
    }
}
