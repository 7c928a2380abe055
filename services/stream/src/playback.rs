//! Playback tokens: who gets one for a channel that is not open to everybody, and who gets another when it ends.
//!
//! A token is for one channel, one viewer session and one watch version. It lives for `playback_token`; whoever holds it, a player or the
//! edge on its behalf, has it renewed while what let the viewer in still holds, at most for `playback_session`. It is a secret: it is in no
//! log. Refusals say `playback_denied` whatever was wrong; passwords are checked few at once, and their tries are limited.

use crate::{
    app::App,
    error::Error,
    key::StreamKey,
    limit::Guess,
    people,
    store::{channels::Channel, watching},
    view,
    visibility::{self, Visibility},
};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc};
use std::sync::Arc;
use streamly_auth::{
    SigningKey,
    playback::{self, AUDIENCE, Claims, ISSUER, Verifier, Way},
};
use streamly_config::Secret;
use streamly_domain::{ChannelId, UserId};
use streamly_http::Holder;
use streamly_lifecycle::Background;
use streamly_status::Code;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Passwords that are hashed at once, each on a core and with 19 MiB (Argon2id's defaults, RFC 9106 by way of OWASP).
const HASHES: usize = 2;
/// Passwords that wait for their turn; more are told to come again.
const WAITING: usize = 16;

/// Signs and checks tokens, and hashes channels' passwords.
pub struct Tokens {
    key: Arc<SigningKey>,
    verifier: Verifier,
    tickets: Arc<Semaphore>,
    slots: Arc<Semaphore>,
    background: Background,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({:?})", self.key)
    }
}

impl Tokens {
    /// With the service's own key. Errors: the system has no thread left for the hashes.
    pub fn new(key: Arc<SigningKey>) -> std::io::Result<Self> {
        let verifier = Verifier::of_key(&key.jwk().x);
        Ok(Self {
            key,
            verifier,
            tickets: Arc::new(Semaphore::new(HASHES + WAITING)),
            slots: Arc::new(Semaphore::new(HASHES)),
            background: Background::start("password-hash", HASHES)?,
        })
    }
    /// What a playback token that holds lets its bearer hear of its channel. Of a person's token nothing: who that is the access token says.
    pub fn pass(&self, token: &str, now: u64) -> Option<Pass> {
        let claims = self.verifier.verify(token, now).ok()?;
        (claims.way != Way::Person).then_some(Pass { channel: claims.sub, version: claims.ver })
    }
    /// The public half, for edges.
    pub fn jwks(&self) -> streamly_auth::Jwks {
        streamly_auth::Jwks { keys: vec![self.key.jwk()] }
    }

    async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'_>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let ticket = self.tickets.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        let slot = self.slots.clone().acquire_owned().await.map_err(|_| Error::Busy)?;
        let done = self.background.run(move || {
            let _held = (ticket, slot);
            work(&Argon2::default())
        });
        done.await.map_err(|_| Error::Busy)
    }

    /// The PHC string of a channel's password. Errors: too many are being hashed.
    pub async fn hash(&self, password: Secret) -> Result<String, Error> {
        let hashed = self.hashing(move |argon2| {
            let phc: Result<phc::PasswordHash, _> = argon2.hash_password(password.expose().as_bytes());
            phc.map(|phc| phc.to_string())
        });
        hashed.await?.map_err(|_| Error::Told(Code::Internal))
    }

    async fn is_password(&self, password: Secret, stored: String) -> Result<bool, Error> {
        self.hashing(move |argon2| {
            let Ok(stored) = phc::PasswordHash::new(&stored) else { return false };
            argon2.verify_password(password.expose().as_bytes(), &stored).is_ok()
        })
        .await
    }
}

/// Of which channel somebody without an account hears what its viewers hear, since they have shown its link or password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    channel: ChannelId,
    version: u64,
}

impl Pass {
    /// Whether it is for this channel as it is: who was let in before its link was changed or ended is not any more.
    pub fn is_for(&self, channel: &Channel) -> bool {
        self.channel == channel.id && self.version == channel.watch_version
    }
}

/// What a viewer shows, beside who they are.
#[derive(Debug, Default)]
pub struct Proof {
    /// The channel's password.
    pub password: Option<Secret>,
    /// The secret of the channel's link.
    pub link: Option<Secret>,
    /// The token before, which may have ended a moment ago.
    pub token: Option<Secret>,
    /// Where the viewer is from; none: a tool on this machine.
    pub from: Option<Holder>,
}

/// A token, and where it leads.
#[derive(Debug)]
pub struct Issued {
    /// None: the channel is open, none is needed.
    pub token: Option<Secret>,
    /// Seconds.
    pub expires_in: u64,
    /// The multivariant playlist, with the token.
    pub playback_url: String,
}

/// A token for a viewer. `test`: the channel has a test on air, for which its team gets one, and everybody else what they get while nothing
/// is on air. Errors: `playback_denied`; too many passwords tried; the database is away.
pub async fn issue(
    app: &App,
    channel: &Channel,
    user: Option<UserId>,
    proof: Proof,
    test: bool,
) -> Result<Issued, Error> {
    let lifetime = app.config.playback_token.as_secs();
    let plain = view::playback_url(&app.config.public_url, &channel.username);
    if channel.visibility.is_open() && !test {
        return Ok(Issued { token: None, expires_in: lifetime, playback_url: plain });
    }
    let now = unix_now();
    let before = proof.token.as_ref().and_then(|token| renewable(app, channel, token, now));
    let known = before.as_ref().filter(|claims| claims.way == Way::Person).and_then(|claims| claims.who);
    let team = match user.or(known).filter(|_| test) {
        Some(user) if visibility::on_team(app, channel.id, Some(user)).await? => Some(user),
        _ => None,
    };
    if team.is_none() && channel.visibility.is_open() {
        return Ok(Issued { token: None, expires_in: lifetime, playback_url: plain });
    }
    let way = match team {
        Some(_) => Some((Way::Person, team)),
        None => admitted(app, channel, user, &proof, before.as_ref()).await?,
    };
    let (way, who) = way.ok_or(Code::PlaybackDenied)?;
    let session = before.map_or_else(|| (Uuid::now_v7(), now), |claims| (claims.jti, claims.first));
    let claims = Claims {
        sub: channel.id,
        name: channel.username.clone(),
        jti: session.0,
        ver: visibility::guard(channel, team.is_some()).version,
        way,
        who,
        first: session.1,
        iat: now,
        exp: now + lifetime,
        iss: ISSUER.into(),
        aud: AUDIENCE.into(),
    };
    let token = playback::sign(&app.tokens.key, &claims).map_err(|_| Error::Told(Code::Internal))?;
    metrics::counter!("streamly_stream_playback_tokens_total").increment(1);
    Ok(Issued {
        playback_url: format!("{plain}?token={token}"),
        token: Some(Secret::new(token)),
        expires_in: lifetime,
    })
}

/// The claims of a token that may be followed by another one: of this channel and version, not ended for longer than its life, of a
/// session that is not too old.
fn renewable(app: &App, channel: &Channel, token: &Secret, now: u64) -> Option<Claims> {
    let late = app.config.playback_token.as_secs();
    let claims = app.tokens.verifier.verify_late(token.expose(), now, late).ok()?;
    let age = now.saturating_sub(claims.first);
    // Of a test: whoever it names is looked at anew.
    let holds = claims.sub == channel.id
        && (claims.ver == channel.watch_version
            || claims.way == Way::Person && claims.ver == channel.watch_version | playback::TEST)
        && age <= app.config.playback_session.as_secs();
    holds.then_some(claims)
}

/// By what the viewer is let in, if at all.
async fn admitted(
    app: &App,
    channel: &Channel,
    user: Option<UserId>,
    proof: &Proof,
    before: Option<&Claims>,
) -> Result<Option<(Way, Option<UserId>)>, Error> {
    if user.is_some() && visibility::may_watch(app, channel, user).await? {
        return Ok(Some((Way::Person, user)));
    }
    match before {
        Some(Claims { way: Way::Person, who, .. }) => {
            let may = visibility::may_watch(app, channel, *who).await?;
            return Ok(may.then_some((Way::Person, *who)));
        }
        // A password or link that was changed since then has another version.
        Some(Claims { way, who, .. }) => {
            let suspended = match who {
                Some(who) => people::standing(app, *who).await.suspended,
                None => false,
            };
            return Ok((!suspended).then_some((*way, *who)));
        }
        None => {}
    }
    let way = match (channel.visibility, &proof.password, &proof.link) {
        (Visibility::Password, Some(password), _) => {
            let (version, from) = (channel.watch_version, proof.from);
            let guess = Guess { channel: channel.id, version, user, from };
            app.limits.password(&app.redis, &guess).await?;
            let stored = {
                let db = app.connection().await?;
                watching::password(&db, channel.id).await?
            };
            let Some(stored) = stored else { return Ok(None) };
            let right = app.tokens.is_password(password.clone(), stored).await?;
            if right {
                app.limits.right(&app.redis, &guess).await;
            }
            right.then_some(Way::Password)
        }
        (Visibility::Private, _, Some(link)) => {
            let lookup = app.vault.lookup(&StreamKey::presented(link.expose().to_owned()));
            let db = app.connection().await?;
            watching::is_link(&db, channel.id, &lookup).await?.then_some(Way::Link)
        }
        _ => None,
    };
    let Some(way) = way else { return Ok(None) };
    if let Some(user) = user {
        if people::standing(app, user).await.suspended {
            return Ok(None);
        }
        let db = app.connection().await?;
        watching::admit(&db, channel.id, user, channel.watch_version).await?;
    }
    Ok(Some((way, user)))
}

fn unix_now() -> u64 {
    OffsetDateTime::now_utc().unix_timestamp().max(0).unsigned_abs()
}
