//! Error codes: the one place where a code meets its HTTP status, gRPC code and title.
//!
//! Services name a [`Code`]; the `http` and `rpc` crates turn it into problem+json (RFC 9457) or a gRPC status. It knows no
//! framework. A code, once released, keeps its name and statuses.

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $http:literal, $grpc:ident, $title:literal;)*) => {
        /// Everything that can be told to a caller.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }
        impl Code {
            /// Every code, for documents and tests.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];
            /// The stable name: `invalid_credentials`.
            pub fn name(self) -> &'static str { match self { $(Code::$variant => $name,)* } }
            /// HTTP status (RFC 9110).
            pub fn http(self) -> u16 { match self { $(Code::$variant => $http,)* } }
            /// gRPC status code.
            pub fn grpc(self) -> Grpc { match self { $(Code::$variant => Grpc::$grpc,)* } }
            /// A fixed sentence without facts of the case.
            pub fn title(self) -> &'static str { match self { $(Code::$variant => $title,)* } }
            /// The code of that name.
            pub fn from_name(name: &str) -> Option<Code> { match name { $($name => Some(Code::$variant),)* _ => None } }
        }
    };
}

/// gRPC status codes in use, with the numbers of the gRPC specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Grpc {
    InvalidArgument = 3,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

codes! {
    /// A field does not hold what it must; `errors` names each.
    ValidationFailed, "validation_failed", 422, InvalidArgument, "Some fields are not valid.";
    /// The body is not the JSON that the call takes.
    MalformedRequest, "malformed_request", 400, InvalidArgument, "The request could not be read.";
    /// A cursor that this server did not give out.
    InvalidCursor, "invalid_cursor", 400, InvalidArgument, "The cursor is not valid.";
    /// The body is over the limit.
    PayloadTooLarge, "payload_too_large", 413, InvalidArgument, "The request is too large.";
    /// Not the content type that the call takes.
    UnsupportedMediaType, "unsupported_media_type", 415, InvalidArgument, "The content type is not supported.";
    /// No such path.
    NotFound, "not_found", 404, NotFound, "There is nothing here.";
    /// The path exists, the method does not.
    MethodNotAllowed, "method_not_allowed", 405, InvalidArgument, "The method is not allowed here.";
    /// No token, or one that does not verify.
    Unauthenticated, "unauthenticated", 401, Unauthenticated, "Sign in first.";
    /// Signed in, but not allowed.
    Forbidden, "forbidden", 403, PermissionDenied, "This is not allowed.";
    /// Too many calls; `Retry-After` tells when.
    RateLimited, "rate_limited", 429, ResourceExhausted, "Too many requests. Try again later.";
    /// User name or password is wrong, which of them is not told.
    InvalidCredentials, "invalid_credentials", 401, Unauthenticated, "User name or password is wrong.";
    /// A second factor is asked for.
    MfaRequired, "mfa_required", 401, Unauthenticated, "A second factor is needed.";
    /// A code that is wrong or was used, or a passkey that does not prove the second factor.
    InvalidSecondFactor, "invalid_second_factor", 401, Unauthenticated, "This is wrong, or was used already.";
    /// A passkey that is unknown here, or whose answer is not taken.
    PasskeyRefused, "passkey_refused", 401, Unauthenticated, "This passkey is not known here, or took too long.";
    /// A new passkey whose answer is not taken.
    InvalidPasskey, "invalid_passkey", 422, InvalidArgument, "This passkey cannot be used here.";
    /// No passkey of that id for this user.
    PasskeyNotFound, "passkey_not_found", 404, NotFound, "There is no such passkey.";
    /// No more passkeys for this account.
    TooManyPasskeys, "too_many_passkeys", 409, FailedPrecondition, "You have as many passkeys as an account may have.";
    /// A second authenticator app.
    TotpExists, "totp_exists", 409, FailedPrecondition, "There is an authenticator app already. Remove it first.";
    /// Recovery codes for an account without a second factor.
    NoSecondFactor, "no_second_factor", 409, FailedPrecondition, "This account has no second factor.";
    /// The refresh token is unknown, expired or its family was ended.
    InvalidRefreshToken, "invalid_refresh_token", 401, Unauthenticated, "The session has ended. Sign in again.";
    /// The account may not be used.
    AccountSuspended, "account_suspended", 403, PermissionDenied, "This account is suspended.";
    /// Its owner closed the account; until it is erased a link in a mail takes it back.
    AccountClosed, "account_closed", 403, PermissionDenied, "This account is closed. The link in the mail about it takes it back until it is erased.";
    /// The operator closed registration.
    RegistrationClosed, "registration_closed", 403, PermissionDenied, "Registration is closed.";
    /// The name belongs to somebody else, is reserved or rests.
    UsernameTaken, "username_taken", 409, AlreadyExists, "This user name is taken.";
    /// The address belongs to another account.
    EmailTaken, "email_taken", 409, AlreadyExists, "This e-mail address is already in use.";
    /// The call needs a sign-in of the last minutes.
    ReauthRequired, "reauth_required", 403, PermissionDenied, "Sign in again to do this.";
    /// A link of a mail that is unknown, used or over.
    InvalidLink, "invalid_link", 422, InvalidArgument, "This link is unknown, was used, or is over.";
    /// An invitation that is unknown, used or over.
    InvalidInvitation, "invalid_invitation", 403, PermissionDenied, "This invitation is unknown, was used, or is over.";
    /// No sign-in of that id for this user.
    SessionNotFound, "session_not_found", 404, NotFound, "There is no such session.";
    /// No mail of that id, or not any more.
    MailNotFound, "mail_not_found", 404, NotFound, "There is no such mail.";
    /// The address is known to be this account's already.
    AlreadyVerified, "already_verified", 409, FailedPrecondition, "This address is confirmed already.";
    /// The link of the first admin, though there is an admin.
    AdminExists, "admin_exists", 409, FailedPrecondition, "There is an admin already.";
    /// The last admin would be none any more.
    LastAdmin, "last_admin", 409, FailedPrecondition, "The last admin stays one. Make another one first.";
    /// No user of that id or name.
    UserNotFound, "user_not_found", 404, NotFound, "There is no such user.";
    /// No channel of that id or name.
    ChannelNotFound, "channel_not_found", 404, NotFound, "There is no such channel.";
    /// The channel is not live.
    ChannelOffline, "channel_offline", 404, NotFound, "The channel is offline.";
    /// The channel is on air already, and not with a test.
    AlreadyLive, "already_live", 409, FailedPrecondition, "The channel is live. Test mode can be switched on once the broadcast has ended.";
    /// No test is on air that could go live.
    NoTest, "no_test", 409, FailedPrecondition, "No test is on air.";
    /// No marker of that id on this channel.
    MarkerNotFound, "marker_not_found", 404, NotFound, "There is no such marker.";
    /// No more markers in this broadcast.
    TooManyMarkers, "too_many_markers", 409, FailedPrecondition, "The broadcast has as many markers as it may have.";
    /// The channel has no secret link.
    WatchLinkNotFound, "watch_link_not_found", 404, NotFound, "There is no secret link.";
    /// No stream key of that id for this user.
    KeyNotFound, "key_not_found", 404, NotFound, "There is no such stream key.";
    /// No more keys for this channel.
    TooManyKeys, "too_many_keys", 409, FailedPrecondition, "The channel has as many stream keys as it may have.";
    /// No webhook of that id for this user.
    WebhookNotFound, "webhook_not_found", 404, NotFound, "There is no such webhook.";
    /// No more webhooks for this channel.
    TooManyWebhooks, "too_many_webhooks", 409, FailedPrecondition, "The channel has as many webhooks as it may have.";
    /// Nothing is sent to a webhook that is switched off.
    WebhookOff, "webhook_off", 409, FailedPrecondition, "This webhook is switched off. Switch it on first.";
    /// No delivery of that id to this webhook, or not any more.
    DeliveryNotFound, "delivery_not_found", 404, NotFound, "There is no such delivery.";
    /// No more moderators and VIPs for this channel.
    TooManyMembers, "too_many_members", 409, FailedPrecondition, "The channel has as many members as it may have.";
    /// No more channels for this user to follow.
    TooManyFollows, "too_many_follows", 409, FailedPrecondition, "You follow as many channels as you may.";
    /// The user does not follow this channel.
    NotFollowing, "not_following", 404, NotFound, "You do not follow this channel.";
    /// No browser of that id for this user.
    BrowserNotFound, "browser_not_found", 404, NotFound, "There is no such browser.";
    /// The platform has no key for Web Push.
    PushOff, "push_off", 404, NotFound, "There is no Web Push here.";
    /// No broadcast of that id here.
    BroadcastNotFound, "broadcast_not_found", 404, NotFound, "There is no such broadcast.";
    /// No category has or had that slug.
    CategoryNotFound, "category_not_found", 404, NotFound, "There is no such category.";
    /// Another category has or had the slug, or has a name that looks the same.
    CategoryTaken, "category_taken", 409, AlreadyExists, "There is a category of this name already.";
    /// No more categories for this platform.
    TooManyCategories, "too_many_categories", 409, FailedPrecondition, "There are as many categories as there may be.";
    /// No picture at that address, or not any more.
    PictureNotFound, "picture_not_found", 404, NotFound, "There is no such picture.";
    /// No more pictures for this channel.
    TooManyPictures, "too_many_pictures", 409, FailedPrecondition, "The channel has as many pictures as it may have. Those that are shown nowhere go after a day.";
    /// No message of that id in the kept log.
    MessageNotFound, "message_not_found", 404, NotFound, "There is no such message.";
    /// The room's audit log has no act of that id.
    ActNotFound, "act_not_found", 404, NotFound, "There is no such act.";
    /// The act has no undo, or not any more.
    NotUndoable, "not_undoable", 409, FailedPrecondition, "This cannot be undone, or not any more.";
    /// A time-out for somebody who is banned.
    AlreadyBanned, "already_banned", 409, FailedPrecondition, "This person is banned already.";
    /// No held message of that id in the room.
    HoldNotFound, "hold_not_found", 404, NotFound, "There is no such held message.";
    /// No report of that id, or none that is the caller's to resolve.
    ReportNotFound, "report_not_found", 404, NotFound, "There is no such report.";
    /// No unban request of that id in the room.
    RequestNotFound, "request_not_found", 404, NotFound, "There is no such request.";
    /// No blocked term of that id in the room.
    TermNotFound, "term_not_found", 404, NotFound, "There is no such blocked term.";
    /// A held message, report or request that somebody resolved otherwise.
    AlreadyResolved, "already_resolved", 409, FailedPrecondition, "This is resolved already.";
    /// An unban request by somebody who is not banned.
    NotBanned, "not_banned", 409, FailedPrecondition, "You are not banned here.";
    /// As many blocked terms as a room may have, or as much text.
    TooManyTerms, "too_many_terms", 409, FailedPrecondition, "This channel has as many blocked terms as it may have.";
    /// As many people on a block list as it may have.
    TooManyBlocks, "too_many_blocks", 409, FailedPrecondition, "Your block list is full.";
    /// As many open reports as a person may have.
    TooManyReports, "too_many_reports", 409, FailedPrecondition, "Wait until some of your reports are answered.";
    /// No poll of that id in the room.
    PollNotFound, "poll_not_found", 404, NotFound, "There is no such poll.";
    /// The poll is over, or has no such answer.
    PollClosed, "poll_closed", 409, FailedPrecondition, "This poll is over.";
    /// The room has an open poll already.
    PollOpen, "poll_open", 409, FailedPrecondition, "A poll is open already. End it first.";
    /// The upload is no picture that is taken.
    InvalidPicture, "invalid_picture", 422, InvalidArgument, "This picture cannot be used.";
    /// No emote of that name or id.
    EmoteNotFound, "emote_not_found", 404, NotFound, "There is no such emote.";
    /// The channel, or the set for all, has an emote of that name.
    EmoteTaken, "emote_taken", 409, AlreadyExists, "There is an emote of this name already.";
    /// No more emotes for this channel.
    TooManyEmotes, "too_many_emotes", 409, FailedPrecondition, "The channel has as many emotes as it may have.";
    /// No image of that id, or not any more.
    ImageNotFound, "image_not_found", 404, NotFound, "There is no such image.";
    /// The room takes no images.
    ImagesOff, "images_off", 403, PermissionDenied, "Images may not be shared here.";
    /// Banned from the room.
    Banned, "banned", 403, PermissionDenied, "You are banned from this chat.";
    /// Timed out in the room.
    TimedOut, "timed_out", 403, PermissionDenied, "You may not write here for a while.";
    /// The person's last message is not long enough ago for the room's slow mode.
    SlowMode, "slow_mode", 429, ResourceExhausted, "This chat is in slow mode. Wait a moment.";
    /// Not a follower for as long as the room asks for.
    FollowersOnly, "followers_only", 403, PermissionDenied, "Only followers may write here, some only after a while.";
    /// The e-mail address is not verified.
    VerifiedOnly, "verified_only", 403, PermissionDenied, "Only people with a verified e-mail address may write here.";
    /// Something else than emotes.
    EmoteOnly, "emote_only", 422, FailedPrecondition, "Only emotes may be sent here at the moment.";
    /// Said before within ten minutes.
    Duplicate, "duplicate", 409, AlreadyExists, "You said this a moment ago.";
    /// A link where there may be none.
    LinksOff, "links_off", 422, FailedPrecondition, "Links may not be sent here.";
    /// Refused by one of the room's rules.
    NotAllowed, "not_allowed", 422, FailedPrecondition, "This message is not allowed here.";
    /// No command of that name.
    UnknownCommand, "unknown_command", 422, InvalidArgument, "There is no such command. Try /help.";
    /// A command with other arguments than it takes.
    InvalidCommand, "invalid_command", 422, InvalidArgument, "This command is used otherwise. Try /help.";
    /// Nothing visible in the text.
    Empty, "empty", 422, InvalidArgument, "There is nothing to send.";
    /// Longer than a message may be.
    TooLong, "too_long", 422, InvalidArgument, "A message has at most 500 characters, fewer if they are made of many parts.";
    /// The message of that nonce was deleted in the meantime.
    MessageDeleted, "message_deleted", 409, FailedPrecondition, "This message was deleted.";
    /// No bot of that id in the channel.
    BotNotFound, "bot_not_found", 404, NotFound, "There is no such bot.";
    /// The channel has a bot of that name.
    BotTaken, "bot_taken", 409, AlreadyExists, "The channel has a bot of this name already.";
    /// No more bots for this channel.
    TooManyBots, "too_many_bots", 409, FailedPrecondition, "The channel has as many bots as it may have.";
    /// Playback needs a token.
    PlaybackTokenRequired, "playback_token_required", 401, Unauthenticated, "A playback token is needed.";
    /// The token does not allow playback.
    PlaybackDenied, "playback_denied", 403, PermissionDenied, "Playback is not allowed.";
    /// A blocking playlist request waited as long as it may.
    PlaylistTimeout, "playlist_timeout", 503, Unavailable, "The playlist did not advance in time.";
    /// A playlist request that asks for what is too far ahead.
    PlaylistOutOfRange, "playlist_out_of_range", 400, InvalidArgument, "The requested media sequence is too far ahead.";
    /// Something this service needs is away; try again.
    Unavailable, "unavailable", 503, Unavailable, "Something is temporarily unavailable. Try again.";
    /// The upstream service did not answer or answered nonsense.
    BadGateway, "bad_gateway", 502, Unavailable, "A service behind this one did not answer.";
    /// A fault of ours; the log has the request id.
    Internal, "internal", 500, Internal, "Something went wrong on our side.";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

/// One field of a `validation_failed` problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The request's field, dotted for nested ones.
    pub field: String,
    /// `too_short`, `too_long`, `invalid`, `reserved`, `required`, `too_common`.
    pub code: &'static str,
    /// A sentence for a person.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn every_code_has_a_unique_name_that_reads_back_and_an_error_status() {
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.name()), Some(*code));
            assert!((400..600).contains(&code.http()), "{}", code.name());
        }
    }
}
