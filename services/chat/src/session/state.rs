//! What the frames of one socket do: hello, auth, join, say, leave, ping; and what its token's end does.

use super::{traced::refused, writer::NoBot};
use crate::{
    bans::{Bans, SanctionKind},
    blocks::Blocks,
    bots::{Bot, Bots, Token},
    bus::{Log, People, Said},
    chatters::Chatters,
    config::{Limits, Pictures},
    directory::{Directory, Failure},
    emotes::Emotes,
    error::{Code, Refusal},
    frame::{self, Client, Person, Server},
    gcra::Gcra,
    holds::Holds,
    hub::{Board, Hub, Join},
    images::Images,
    log_id::LogId,
    moderation::Moderation,
    pace::Pace,
    pins::Pins,
    polls::Polls,
    reports::Reports,
    screen::Screen,
    settings,
    socket::{Close, Socket, unix_ms},
    sockets::Sockets,
    speech::Saying,
    unban_requests::UnbanRequests,
};
use std::{sync::Arc, time::Duration};
use streamly_auth::access::Claims;
use streamly_domain::ChannelId;
use streamly_http::{AccessKeys, Holder};
use streamly_lifecycle::Shutdown;
use streamly_picture::Uploads;
use streamly_telemetry::trace::{Span, Traces};
use tokio::time::Instant;

/// What sessions work with. Clones share it.
#[derive(Clone)]
pub struct Context {
    /// The rooms.
    pub hub: Hub,
    /// The sockets of this node.
    pub sockets: Sockets,
    /// The logs.
    pub log: Log,
    /// What was said lately: slow mode, unique.
    pub said: Said,
    /// How fast people may write; none when limits are off.
    pub pace: Option<Pace>,
    /// Channels, roles, people.
    pub directory: Directory,
    /// Bans and time-outs.
    pub bans: Bans,
    /// Programs that owners let in.
    pub bots: Bots,
    /// Settings of rooms.
    pub settings: settings::Known,
    /// Emotes of rooms.
    pub emotes: Emotes,
    /// Images of messages.
    pub images: Images,
    /// Bounds of what is uploaded.
    pub uploads: Uploads,
    /// What an operator set about pictures.
    pub pictures: Arc<Pictures>,
    /// The door to acts of moderation.
    pub moderation: Moderation,
    /// What is found out about a message before the rules judge it.
    pub screen: Screen,
    /// Messages that wait for a moderator.
    pub holds: Holds,
    /// Reports.
    pub reports: Reports,
    /// What banned people ask for.
    pub unban_requests: UnbanRequests,
    /// Personal block lists.
    pub blocks: Blocks,
    /// Keys of access tokens.
    pub keys: AccessKeys,
    /// Bounds.
    pub limits: Arc<Limits>,
    /// What is known of people who write.
    pub chatters: Chatters,
    /// Who is where.
    pub people: People,
    /// What is pinned.
    pub pins: Pins,
    /// Polls.
    pub polls: Polls,
    /// The service's traces.
    pub traces: Traces,
    /// The stop.
    pub shutdown: Shutdown,
}

/// Who the socket is.
pub(super) enum Who {
    /// Before hello, until then.
    Unknown { until: Instant },
    /// Said hello; with a person if it ever had a token.
    Here(Option<Account>),
}

pub(super) struct Account {
    pub(super) person: Person,
    /// The token's end on this machine's clock; none once it is over, and for bots, whose tokens have none.
    pub(super) ends: Option<Instant>,
    /// When its token was signed, Unix seconds; none of a bot.
    issued: Option<u64>,
    /// If it is a bot.
    pub(super) bot: Option<Arc<Bot>>,
    warned: bool,
}

/// Why a token is not taken.
enum Rejected {
    Invalid,
    Suspended,
    Away,
}

/// One socket's state.
pub struct Session {
    pub(super) socket: Arc<Socket>,
    pub(super) context: Arc<Context>,
    pub(super) who: Who,
    /// Where the socket is from; none for tools on this machine.
    pub(super) address: Option<Holder>,
    /// Of the request that opened the socket; none where it is not recorded.
    pub(super) opening: Span,
    /// Of joins, whatever the rooms.
    joins: Gcra,
}

impl Session {
    pub(super) fn new(
        socket: Arc<Socket>,
        address: Option<Holder>,
        opening: Span,
        context: Arc<Context>,
    ) -> Self {
        let until = Instant::now() + context.limits.hello_timeout.get();
        let joins = Gcra::new(context.limits.joins_per_second, context.limits.joins_burst);
        Self { socket, context, who: Who::Unknown { until }, address, opening, joins }
    }

    pub(super) fn error(&self, code: Code, room: Option<&str>, nonce: Option<&str>) {
        refused(code);
        self.socket.send(frame::error(code, room, nonce));
    }

    pub(super) fn refuse(&self, refusal: &Refusal, room: &str, nonce: Option<&str>) {
        let Refusal { code, wait, detail } = refusal;
        refused(*code);
        let retry_after_ms = wait.map(|d| d.as_millis().max(1).try_into().unwrap_or(u64::MAX));
        let detail = detail.as_deref().unwrap_or(code.detail());
        let frame = Server::Error { code: *code, detail, room: Some(room), nonce, retry_after_ms };
        self.socket.send(frame.encode());
    }

    /// When [`Session::on_time`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.who {
            Who::Unknown { until } => Some(*until),
            Who::Here(Some(Account { ends: Some(ends), warned, .. })) => {
                let warning = self.context.limits.expiry_warning.get();
                Some(if *warned { *ends } else { ends.checked_sub(warning).unwrap_or(*ends) })
            }
            Who::Here(_) => None,
        }
    }

    /// Time went by: no hello, a token that ends soon, one that ended.
    pub(super) fn on_time(&mut self) {
        let now = Instant::now();
        if self.deadline().is_none_or(|d| d > now) {
            return;
        }
        match &mut self.who {
            Who::Unknown { .. } => {
                self.socket.end(Close::PROTOCOL);
            }
            Who::Here(Some(account)) => {
                let Some(ends) = account.ends else { return };
                if ends <= now {
                    account.ends = None;
                    self.socket.set_user(None, None);
                    self.socket.send(Server::Auth { state: "read_only" }.encode());
                } else {
                    account.warned = true;
                    self.socket
                        .send(Server::AuthExpiring { in_ms: (ends - now).as_millis() as u64 }.encode());
                }
            }
            Who::Here(None) => {}
        }
    }

    /// The token was voided: as if it had ended by now.
    pub(super) fn void(&mut self) {
        let Who::Here(Some(account)) = &mut self.who else { return };
        if account.ends.is_some() {
            account.ends = Some(Instant::now());
        }
        self.on_time();
    }

    /// One text frame. What is seldom done is boxed: a say is what there are many of, and its work is made anew each time.
    pub(super) async fn on_text(&mut self, text: &str) {
        let read = frame::read(text);
        match (&self.who, read) {
            (Who::Unknown { .. }, Ok(Client::Hello { v, token })) => Box::pin(self.hello(v, token)).await,
            (Who::Unknown { .. }, _) => {
                self.error(Code::Malformed, None, None);
                self.socket.end(Close::PROTOCOL);
            }
            (_, Err(e)) => {
                refused(e.code);
                let (code, nonce) = (e.code, e.nonce.as_deref());
                let frame =
                    Server::Error { code, detail: &e.detail, room: None, nonce, retry_after_ms: None };
                self.socket.send(frame.encode());
            }
            (_, Ok(Client::Hello { .. })) => self.error(Code::HelloAgain, None, None),
            (_, Ok(Client::Ping {})) => self.socket.send(Server::Pong.encode()),
            (_, Ok(Client::Auth { token })) => Box::pin(self.auth(&token)).await,
            (_, Ok(Client::Join { room, since, history })) => {
                Box::pin(self.join(&room, since, history)).await;
            }
            (_, Ok(Client::Vote { room, poll, option, nonce })) => {
                Box::pin(self.vote(&room, &poll, option, nonce.as_deref())).await;
            }
            (_, Ok(Client::Roster { room, cursor })) => {
                Box::pin(self.roster(&room, cursor.as_deref())).await;
            }
            (_, Ok(Client::Leave { room })) => Box::pin(self.leave(&room)).await,
            (_, Ok(Client::Say { room, text, nonce, reply_to, image })) => {
                let (nonce, reply_to) = (nonce.as_deref(), reply_to.as_deref());
                self.say(&room, &Saying { text: &text, nonce, reply_to, image }).await;
            }
        }
    }

    async fn account(&self, token: &str) -> Result<Account, Rejected> {
        if let Some(token) = Token::presented(token) {
            let bot = self.context.bot(&token).await.map_err(|e| match e {
                NoBot::Unknown => Rejected::Invalid,
                NoBot::Suspended => Rejected::Suspended,
                NoBot::Away => Rejected::Away,
            })?;
            let person = bot.person.clone();
            return Ok(Account { person, ends: None, issued: None, bot: Some(Arc::new(bot)), warned: false });
        }
        let claims = self.context.keys.verify(token).map_err(|_| Rejected::Invalid)?;
        self.socket.shows(claims.sub);
        if self.context.log.is_revoked(claims.sub, claims.iat).await {
            return Err(Rejected::Invalid);
        }
        let profile = self.context.directory.profile(&claims).await;
        if profile.suspended {
            return Err(Rejected::Suspended);
        }
        let (ends, issued) = (Some(ends(&claims)), Some(claims.iat));
        Ok(Account { person: profile.person, ends, issued, bot: None, warned: false })
    }

    async fn hello(&mut self, v: u64, token: Option<String>) {
        if v != 1 {
            self.error(Code::UnsupportedVersion, None, None);
            self.socket.end(Close::PROTOCOL);
            return;
        }
        let account = match token.as_deref().map(|t| self.account(t)) {
            None => None,
            Some(asked) => match asked.await {
                Ok(account) => Some(account),
                Err(Rejected::Suspended) => {
                    self.socket.end(Close::SUSPENDED);
                    return;
                }
                Err(Rejected::Invalid) => {
                    self.socket.end(Close::BAD_TOKEN);
                    return;
                }
                // A later hello may do.
                Err(Rejected::Away) => return self.error(Code::Unavailable, None, None),
            },
        };
        let issued = account.as_ref().and_then(|a| a.issued);
        self.socket.set_user(account.as_ref().map(|a| a.person.id), issued);
        self.socket.set_owner(account.as_ref().and_then(|a| a.bot.as_ref()).map(|bot| bot.owner));
        let heartbeat_ms = self.context.limits.heartbeat.as_millis() as u64;
        let user = account.as_ref().map(|a| &a.person);
        self.socket.send(Server::Welcome { v: 1, user, heartbeat_ms }.encode());
        self.who = Who::Here(account);
    }

    async fn auth(&mut self, token: &str) {
        let account = match self.account(token).await {
            Ok(account) => account,
            Err(Rejected::Invalid) => return self.error(Code::InvalidToken, None, None),
            Err(Rejected::Away) => return self.error(Code::Unavailable, None, None),
            Err(Rejected::Suspended) => {
                self.socket.end(Close::SUSPENDED);
                return;
            }
        };
        let Who::Here(old) = &mut self.who else { return };
        if old.as_ref().is_some_and(|o| o.person.id != account.person.id) {
            return self.error(Code::WrongUser, None, None);
        }
        let (user, issued) = (account.person.id, account.issued);
        *old = Some(account);
        self.socket.set_user(Some(user), issued);
        self.socket.set_owner(old.as_ref().and_then(|a| a.bot.as_ref()).map(|bot| bot.owner));
        self.socket.send(Server::Auth { state: "ok" }.encode());
        // A person whom a joined room has banned must not come in by this way.
        for room in self.socket.rooms() {
            let sanction = self.context.bans.of(room.id, user).await;
            if sanction.as_ref().is_some_and(|s| s.kind == SanctionKind::Ban) {
                self.banned(room.id, &room.username, None).await;
            } else {
                let standing = self.standing(user, &room).await;
                let moderates = match sanction {
                    Some(_) => standing.while_sanctioned().moderates(),
                    None => standing.moderates(),
                };
                let Some(entry) = self.entry(&room, &standing) else { continue };
                self.context.hub.standing(room.id, self.socket.id, moderates, entry).await;
            }
        }
    }

    async fn join(&mut self, room: &str, since: Option<String>, history: Option<u64>) {
        let since = match since.map(|s| s.parse::<LogId>()).transpose() {
            Ok(since) => since,
            Err(_) => return self.error(Code::InvalidSince, Some(room), None),
        };
        if let Err(wait) = self.may_join() {
            return self.refuse(&Refusal::wait(Code::RateLimited, wait), room, None);
        }
        let channel = match self.context.directory.channel(room).await {
            Ok(channel) => channel,
            Err(Failure::NotFound) => return self.error(Code::ChannelNotFound, Some(room), None),
            Err(Failure::Away) => return self.error(Code::Unavailable, Some(room), None),
        };
        let limits = &self.context.limits;
        if let wait @ Some(_) = self.socket.joins_again_in(channel.id, limits.join_interval.get()) {
            return self.refuse(&Refusal { wait, ..Code::RateLimited.into() }, room, None);
        }
        if let Some(bot) = self.bot() {
            if let Some(why) = self.context.barred(bot).await {
                self.socket.end(why);
                return;
            }
            if bot.room == channel.id && !bot.scopes.read {
                return self.error(Code::Forbidden, Some(room), None);
            }
        }
        let context = &self.context;
        let may_view = match self.bot() {
            Some(bot) => channel.is_open() || bot.room == channel.id,
            None => context.directory.may_view(&channel, self.socket.user()).await,
        };
        if !may_view {
            return self.error(Code::NotVisible, Some(room), None);
        }
        let person = async {
            let Some(user) = self.socket.user() else { return (None, Arc::default()) };
            tokio::join!(context.bans.ask(channel.id, user), self.standing(user, &channel))
        };
        // All at once: a database that hangs holds a join up once, not once for each.
        let ((sanction, standing), settings, board) =
            tokio::join!(person, context.settings.of(channel.id), self.board(channel.id));
        if sanction.as_ref().is_some_and(|s| s.kind == SanctionKind::Ban) {
            return self.banned(channel.id, room, None).await;
        }
        let history = history.map_or(limits.history_default, |n| n.min(limits.history_max as u64) as usize);
        if !self.socket.enter(&channel, limits.max_rooms) {
            return self.error(Code::TooManyRooms, Some(room), None);
        }
        let (roles, moderates) = (standing.roles.clone(), standing.moderates());
        let entry = self.entry(&channel, &standing);
        let socket = self.socket.clone();
        self.context
            .hub
            .join(Join {
                socket,
                channel,
                since,
                history,
                roles,
                moderates,
                entry,
                sanction,
                settings,
                board,
            })
            .await;
    }

    /// Counts a join, before it costs anything.
    fn may_join(&mut self) -> Result<(), Duration> {
        let Some(pace) = &self.context.pace else { return Ok(()) };
        self.joins.ask(Instant::now())?;
        self.address.map_or(Ok(()), |address| pace.join(address))
    }

    /// What hangs on the room's wall, for `joined`.
    async fn board(&self, room: ChannelId) -> Board {
        let (pin, poll) = tokio::join!(self.context.pins.of(room), self.context.polls.of(room));
        Board { pin, poll }
    }

    /// Puts the socket out of a room that its person is banned from.
    pub(super) async fn banned(&self, room: ChannelId, named: &str, nonce: Option<&str>) {
        refused(Code::Banned);
        self.context.hub.leave(room, self.socket.id).await;
        self.socket.banned(room, named, nonce);
    }

    async fn leave(&self, room: &str) {
        let Some(channel) = self.socket.room(room) else {
            return self.error(Code::NotJoined, Some(room), None);
        };
        self.socket.exit(channel.id);
        self.context.hub.leave(channel.id, self.socket.id).await;
        self.socket.send(Server::Left { room: channel.id }.encode());
    }
}

/// The token's end, as an instant of this process.
fn ends(claims: &Claims) -> Instant {
    let left = (claims.exp * 1000).saturating_sub(unix_ms());
    Instant::now() + Duration::from_millis(left)
}
