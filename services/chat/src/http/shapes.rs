//! What chat's REST answers, as its document has it: people, messages, acts. Shapes only; the values are made by the modules whose things they
//! are. The service's tests hold each answer that they get against them (`tests/api/promised.rs`): a member that is not here, or that is
//! missing, fails there.
#![allow(dead_code, clippy::large_enum_variant, reason = "they are in the document only; none is ever made")]

use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Pages, each of one kind of item.
macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident of $item:ty),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Serialize, ToSchema)]
            pub(super) struct $name {
                items: Vec<$item>,
                /// `cursor` of the next page; null at the end.
                next_cursor: Option<String>,
            }
        )*
    };
}

pages! {
    /// Blocked terms.
    TermPage of KeptTerm,
    /// Messages that wait.
    HoldPage of HeldMessage,
    /// Reports.
    ReportPage of ChatReport,
    /// What banned people asked for.
    UnbanRequestPage of UnbanRequest,
    /// Whom one has hidden.
    BlockPage of Blocked,
    /// Polls.
    PollPage of ChatPoll,
    /// Bots.
    BotPage of ChatBot,
}

/// A person. Of one whose account is gone, or whom nobody can be asked for now, only the id is known.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatPerson {
    id: String,
    /// Lower case.
    #[schema(required = false)]
    username: String,
    #[schema(required = false)]
    display_name: String,
}

/// Somebody in a room.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatUser {
    id: String,
    #[schema(required = false)]
    username: String,
    #[schema(required = false)]
    display_name: String,
    /// `broadcaster`, `moderator`, `vip`, `staff`, `bot`; others may come.
    #[schema(required = false)]
    badges: Vec<String>,
    /// `#rrggbb`.
    #[schema(required = false)]
    color: String,
}

/// The message that another one answers, as it was.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatQuote {
    user: ChatUser,
    text: String,
}

/// The frame `message`.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatMessage {
    /// `message`.
    r#type: String,
    room: String,
    /// 18 hex digits; they sort by time.
    id: String,
    at: String,
    user: ChatUser,
    text: String,
    /// To its author only.
    #[schema(required = false)]
    nonce: String,
    /// Id of the message that it answers.
    #[schema(required = false)]
    reply_to: String,
    /// That message; not there when it is gone.
    #[schema(required = false)]
    reply: ChatQuote,
    /// Said of oneself, by `/me`.
    #[schema(required = false)]
    me: bool,
    /// The person's first message in this room.
    #[schema(required = false)]
    first: bool,
    /// Ids of people who are named in it.
    #[schema(required = false)]
    mentions: Vec<String>,
    /// Addresses by the names that stand in the text between colons.
    #[schema(required = false)]
    emotes: BTreeMap<String, String>,
    #[schema(required = false)]
    image: crate::images::Image,
    /// `primary`, `good` or `warn`.
    #[schema(required = false)]
    announcement: String,
}

/// What is against a person in a room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SanctionKind {
    Ban,
    Timeout,
    None,
}

/// What was done to a person in a room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BanKind {
    Ban,
    Timeout,
}

/// A ban or time-out as its person is told of it.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatSanction {
    kind: SanctionKind,
    /// Of a time-out.
    #[schema(required = false)]
    until: String,
    #[schema(required = false)]
    reason: String,
}

/// A ban or time-out that is in force.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatBan {
    user: ChatPerson,
    kind: BanKind,
    /// Of a time-out.
    #[schema(required = false)]
    until: String,
    reason: String,
    /// For moderators.
    note: String,
    actor: ChatPerson,
    at: String,
}

/// A ban or time-out that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeBan {
    user: ChatPerson,
    kind: BanKind,
    #[schema(required = false)]
    until: String,
    #[schema(required = false)]
    reason: String,
    /// False: it was so already.
    changed: bool,
}

/// What an act was done to: a person, or an id or a name.
#[derive(Serialize, ToSchema)]
#[schema(as = ActTarget)]
#[serde(untagged)]
pub(super) enum Target {
    Person(ChatPerson),
    Other(String),
}

/// An act, as the frame `moderation` has it.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatAct {
    id: String,
    /// `ban`, `timeout`, `settings`, `delete`; docs/CHAT-PROTOCOL.md has all.
    action: String,
    actor: ChatPerson,
    target: Target,
    reason: String,
    at: String,
    /// Whether the asker could undo it now.
    undoable: bool,
    /// Whom it concerns.
    #[schema(required = false)]
    user: ChatPerson,
    /// For moderators.
    #[schema(required = false)]
    note: String,
    #[schema(required = false)]
    until: String,
    #[schema(required = false)]
    undone_at: String,
    #[schema(required = false)]
    undone_by: ChatPerson,
    /// Settings by name, before and after.
    #[schema(required = false)]
    changes: BTreeMap<String, Vec<serde_json::Value>>,
    /// What a message said that was kept out.
    #[schema(required = false)]
    text: String,
    /// Of a poll.
    #[schema(required = false)]
    question: String,
    /// Id of the act that this one took back.
    #[schema(required = false)]
    undid: String,
}

/// A person as a room knows them.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatCard {
    user: ChatPerson,
    roles: Vec<String>,
    /// When the account was made; null: not known now.
    created_at: Option<String>,
    first_message_at: Option<String>,
    /// `messages` of the kept log, and of each act how often.
    counts: BTreeMap<String, u64>,
    /// Null: nothing is in force.
    sanction: Option<NotedSanction>,
    /// Newest first.
    acts: Vec<ChatAct>,
    /// Newest first.
    messages: Vec<ChatMessage>,
}

/// What is in force, with what moderators note.
#[derive(Serialize, ToSchema)]
pub(super) struct NotedSanction {
    kind: SanctionKind,
    #[schema(required = false)]
    until: String,
    #[schema(required = false)]
    reason: String,
    note: String,
}

/// What becomes of a kind of message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChatMeasure {
    Allow,
    Hold,
    Refuse,
}

/// Rules for suspicious messages.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatRules {
    terms: ChatMeasure,
    new_user_links: ChatMeasure,
    flood: ChatMeasure,
    caps: ChatMeasure,
    repeats: ChatMeasure,
}

/// How a room is to be written in.
#[derive(Serialize, ToSchema)]
pub(super) struct RoomSettings {
    /// Grows with each change.
    version: u64,
    /// Seconds; 0: no pause.
    slow_s: u32,
    /// Minutes; null: not only followers.
    followers_only_min: Option<u32>,
    verified_only: bool,
    emote_only: bool,
    unique: bool,
    links: ChatMeasure,
    shield: bool,
    images: bool,
    /// For moderators.
    #[schema(required = false)]
    rules: ChatRules,
}

/// What one is in a room.
#[derive(Serialize, ToSchema)]
pub(super) struct RoomStanding {
    roles: Vec<String>,
    /// Null: one does not follow.
    followed_at_ms: Option<u64>,
    sanction: ChatSanction,
    settings: RoomSettings,
}

/// A blocked term.
#[derive(Serialize, ToSchema)]
pub(super) struct KeptTerm {
    id: String,
    term: String,
    added_by: ChatPerson,
    added_at: String,
}

/// A term that is blocked now.
#[derive(Serialize, ToSchema)]
pub(super) struct AddedTerm {
    id: String,
    term: String,
}

/// The frame `held`.
#[derive(Serialize, ToSchema)]
pub(super) struct HeldMessage {
    /// `held`.
    r#type: String,
    room: String,
    hold_id: String,
    text: String,
    at: String,
    expires_at: String,
    /// To its author only.
    #[schema(required = false)]
    nonce: String,
    #[schema(required = false)]
    image: crate::images::Image,
    /// To moderators only, as what follows.
    #[schema(required = false)]
    user: ChatUser,
    /// `terms`, `new_user_links`, `flood`, `caps`, `repeats`, `links` or `image`.
    #[schema(required = false)]
    reason: String,
    /// The term that it has.
    #[schema(required = false)]
    matched: String,
}

/// What became of a held message.
#[derive(Serialize, ToSchema)]
pub(super) struct HoldVerdict {
    hold_id: String,
    /// `approved`, `denied` or `expired`.
    outcome: String,
    /// Of one that was let through.
    #[schema(required = false)]
    message_id: String,
}

/// A message that waits, and what has become of it meanwhile.
#[derive(Serialize, ToSchema)]
pub(super) struct Waits {
    held: HeldMessage,
    /// The frame `hold_resolved`.
    #[schema(required = false)]
    resolved: HoldResolved,
}

/// The frame `hold_resolved`.
#[derive(Serialize, ToSchema)]
pub(super) struct HoldResolved {
    /// `hold_resolved`.
    r#type: String,
    room: String,
    hold_id: String,
    outcome: String,
    #[schema(required = false)]
    message_id: String,
}

/// A message that was said, or the sentence that answers a command.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum SaidOrDone {
    Said(ChatMessage),
    Done(CommandAnswer),
}

/// What a command was answered.
#[derive(Serialize, ToSchema)]
pub(super) struct CommandAnswer {
    text: String,
}

/// A report, as far as the asker may know.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatReport {
    id: String,
    room: String,
    /// The channel's name; null: it is gone, or nobody can be asked now.
    channel: Option<String>,
    /// `message`, `user` or `channel`.
    about: String,
    /// The message's, the person's or the channel's id.
    target: String,
    user: ChatPerson,
    category: String,
    text: String,
    /// `room` or `platform`.
    queue: String,
    /// `open`, `acted`, `dismissed`.
    state: String,
    at: String,
    /// As it was when it was reported.
    #[schema(required = false)]
    message: ChatMessage,
    /// Where that message's image is, for who judges, as long as the report is open.
    #[schema(required = false)]
    image: String,
    #[schema(required = false)]
    answer: String,
    #[schema(required = false)]
    resolved_at: String,
    /// Not for who made it.
    #[schema(required = false)]
    resolved_by: ChatPerson,
    /// Not for who made it.
    #[schema(required = false)]
    escalated_by: ChatPerson,
    /// For the platform's staff.
    #[schema(required = false)]
    reporter: ChatPerson,
}

/// What a banned person asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct UnbanRequest {
    id: String,
    user: ChatPerson,
    text: String,
    /// `open`, `approved` or `denied`.
    state: String,
    at: String,
    #[schema(required = false)]
    answer: String,
    #[schema(required = false)]
    resolved_at: String,
    /// For moderators.
    #[schema(required = false)]
    resolved_by: ChatPerson,
}

/// Somebody whom one has hidden.
#[derive(Serialize, ToSchema)]
pub(super) struct Blocked {
    user: ChatPerson,
    blocked_at: String,
}

/// An answer of a poll.
#[derive(Serialize, ToSchema)]
pub(super) struct PollOption {
    /// From 1 on.
    n: u32,
    text: String,
}

/// A poll, as in the frame `poll`.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatPoll {
    id: String,
    question: String,
    options: Vec<PollOption>,
    ends_at: String,
    /// `open`, `closed` or `cancelled`.
    state: String,
    /// By option, in their order.
    votes: Vec<u64>,
    voters: u64,
    /// Id of who opened it.
    by: String,
}

/// A bot.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatBot {
    id: String,
    name: String,
    /// CHANNEL:NAME.
    username: String,
    scopes: Vec<String>,
    /// Id of who made it.
    made_by: String,
    made_at: String,
    /// To the minute.
    last_used_at: Option<String>,
}

/// A bot with its token, which no later answer has.
#[derive(Serialize, ToSchema)]
pub(super) struct IssuedBot {
    id: String,
    name: String,
    username: String,
    scopes: Vec<String>,
    made_by: String,
    made_at: String,
    last_used_at: Option<String>,
    token: String,
}
