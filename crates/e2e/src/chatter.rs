//! Somebody in a chat room who stays there as a page does (docs/CHAT-PROTOCOL.md): who comes back with `since` when a connection ends, and
//! says again, under the same nonce, what was not answered.
//!
//! A chatter is a task; it ends when it is dropped. It judges nothing but what a client must never be told: that is noted and looked at by the
//! test.

use crate::{Person, chat::Socket};
use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::Message;

/// From connecting to being in the room.
const COME: Duration = Duration::from_secs(10);
/// Before the first try to come back that was not asked for, and most before any.
const BACK: Duration = Duration::from_millis(250);
const BACK_MAX: Duration = Duration::from_secs(2);
/// What is not answered for so long is said again.
const UNANSWERED: Duration = Duration::from_secs(3);
/// What is refused for now is.
const REFUSED: Duration = Duration::from_millis(500);
/// Things to say that wait.
const SAYS: usize = 64;
/// Length of an id of a room's log.
const ID: usize = 18;

/// What one has heard.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// Ids and texts of messages, in the order in which they came.
    pub messages: Vec<(String, String)>,
    /// Times it came into the room.
    pub joins: usize,
    /// What it has said that is not answered yet.
    pub unanswered: usize,
    /// What should not have been.
    pub wrong: Vec<String>,
}

/// See the module's head.
#[derive(Debug)]
pub struct Chatter {
    says: mpsc::Sender<String>,
    heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

impl Chatter {
    /// Begins to come into the room: `url` is a WebSocket's.
    pub fn come(url: &str, person: &Person, room: &str) -> Self {
        let (says, to_say) = mpsc::channel(SAYS);
        let heard = Arc::<Mutex<Heard>>::default();
        let life = Life {
            url: url.to_owned(),
            token: person.token.clone(),
            name: person.username.clone(),
            room: room.to_owned(),
            since: None,
            said: 0,
            pending: Vec::new(),
            to_say,
            heard: heard.clone(),
        };
        Self { says, heard, task: tokio::spawn(life.live()) }
    }

    /// Has it say something. Errors: it has ended, or too much waits to be said.
    pub fn say(&self, text: &str) -> Result<()> {
        // Counted before it is on its way, so that nobody finds it answered too early.
        lock(&self.heard).unanswered += 1;
        self.says.try_send(text.to_owned()).context("the chatter says nothing more")
    }

    /// What it has heard so far.
    pub fn heard(&self) -> Heard {
        lock(&self.heard).clone()
    }
}

impl Drop for Chatter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(heard: &Mutex<Heard>) -> std::sync::MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was said and is not answered.
struct Said {
    nonce: String,
    text: String,
    again: Instant,
}

struct Life {
    url: String,
    token: String,
    name: String,
    room: String,
    /// The newest id of the log that was seen.
    since: Option<String>,
    said: u64,
    pending: Vec<Said>,
    to_say: mpsc::Receiver<String>,
    heard: Arc<Mutex<Heard>>,
}

/// One connection of it.
struct Visit {
    socket: Socket,
    is_in: bool,
    /// How long the server wants to be left alone.
    after: Option<Duration>,
}

impl Visit {
    async fn send(&mut self, frame: &Value) -> Result<()> {
        Ok(self.socket.send(Message::text(frame.to_string())).await?)
    }
}

impl Life {
    async fn live(mut self) {
        let mut pause = BACK;
        loop {
            let joins = lock(&self.heard).joins;
            let after = match timeout(COME, tokio_tungstenite::connect_async(self.url.as_str())).await {
                Ok(Ok((socket, _))) => {
                    let mut visit = Visit { socket, is_in: false, after: None };
                    // An error is a connection that broke.
                    let _ = self.stay(&mut visit).await;
                    visit.after
                }
                _ => None,
            };
            if lock(&self.heard).joins > joins {
                pause = BACK;
            }
            tokio::time::sleep(after.unwrap_or(pause)).await;
            pause = (pause * 2).min(BACK_MAX);
        }
    }

    /// Until the connection ends. Errors: it broke.
    async fn stay(&mut self, visit: &mut Visit) -> Result<()> {
        visit.send(&json!({"type": "hello", "v": 1, "token": self.token})).await?;
        let late = Instant::now() + COME;
        loop {
            let again = self.pending.iter().map(|said| said.again).min();
            tokio::select! {
                frame = visit.socket.next() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        let frame: Value = serde_json::from_str(&text)?;
                        self.take(visit, &frame).await?;
                    }
                    Some(Ok(Message::Close(_))) | None => return Ok(()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                },
                Some(text) = self.to_say.recv(), if visit.is_in => {
                    let nonce = format!("{}-{}", self.name, self.said);
                    self.said += 1;
                    self.pending.push(Said { nonce, text, again: Instant::now() });
                }
                () = sleep_until(again.unwrap_or(late)), if visit.is_in && again.is_some() => {
                    self.say(visit).await?;
                }
                () = sleep_until(late), if !visit.is_in => anyhow::bail!("not in the room in {COME:?}"),
            }
        }
    }

    /// Says what is due.
    async fn say(&mut self, visit: &mut Visit) -> Result<()> {
        let now = Instant::now();
        for said in self.pending.iter_mut().filter(|said| said.again <= now) {
            said.again = now + UNANSWERED;
            let Said { nonce, text, .. } = &*said;
            visit.send(&json!({"type": "say", "room": self.room, "text": text, "nonce": nonce})).await?;
        }
        Ok(())
    }

    async fn take(&mut self, visit: &mut Visit, frame: &Value) -> Result<()> {
        match frame["type"].as_str().unwrap_or_default() {
            "welcome" => {
                let mut join = json!({"type": "join", "room": self.room, "history": 0});
                if let Some(since) = &self.since {
                    join["since"] = since.as_str().into();
                }
                visit.send(&join).await?;
            }
            "joined" => self.joined(visit, frame),
            "reconnect" => visit.after = frame["after_ms"].as_u64().map(Duration::from_millis),
            "error" => self.refused(visit, frame)?,
            "skipped" | "held" | "left" => self.wrong(frame.to_string()),
            _ => self.log(frame),
        }
        Ok(())
    }

    fn joined(&mut self, visit: &mut Visit, frame: &Value) {
        if self.since.is_some() && frame["complete"] != true {
            self.wrong(format!("a history that is not whole: {frame}"));
        }
        for event in frame["events"].as_array().into_iter().flatten() {
            self.log(event);
        }
        // The node that was asked before may not have heard.
        let now = Instant::now();
        self.pending.iter_mut().for_each(|said| said.again = now);
        visit.is_in = true;
        lock(&self.heard).joins += 1;
    }

    /// Errors: the connection is of no use.
    fn refused(&mut self, visit: &Visit, frame: &Value) -> Result<()> {
        let code = frame["code"].as_str().unwrap_or_default();
        if !matches!(code, "unavailable" | "rate_limited") {
            self.wrong(frame.to_string());
        }
        let pause = frame["retry_after_ms"].as_u64().map_or(REFUSED, Duration::from_millis);
        let nonce = frame["nonce"].as_str().unwrap_or_default();
        if let Some(said) = self.pending.iter_mut().find(|said| said.nonce == nonce) {
            said.again = Instant::now() + pause;
        }
        anyhow::ensure!(visit.is_in, "the room was refused: {frame}");
        Ok(())
    }

    /// A frame of the room's log, if it is one.
    fn log(&mut self, frame: &Value) {
        let Some(id) = frame["id"].as_str().filter(|id| id.len() == ID) else { return };
        let nonce = frame["nonce"].as_str();
        if let Some(at) = self.pending.iter().position(|said| Some(said.nonce.as_str()) == nonce) {
            self.pending.swap_remove(at);
            lock(&self.heard).unanswered -= 1;
        }
        if self.since.as_deref().is_some_and(|since| since >= id) {
            // What is said again and was shown already is answered by the message again, to the asker alone.
            if nonce.is_none() {
                self.wrong(format!("it came again, or late: {frame}"));
            }
            return;
        }
        self.since = Some(id.to_owned());
        if frame["type"] == "message" {
            let text = frame["text"].as_str().unwrap_or_default();
            lock(&self.heard).messages.push((id.to_owned(), text.to_owned()));
        }
    }

    fn wrong(&self, what: String) {
        lock(&self.heard).wrong.push(what);
    }
}
