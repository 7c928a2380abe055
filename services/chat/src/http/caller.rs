//! Who calls: a person by an access token, or a bot by its own, which goes to the same place. Calls that are for people only take
//! [`Account`], which bots are refused by as forbidden. Tokens that are unknown, revoked or malformed are refused alike.

use super::Rest;
use crate::{
    bots::{Bot, Token},
    directory::Failure,
    frame::Person,
    session::{Context, NoBot},
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web,
};
use std::{future::Future, pin::Pin, sync::Arc};
use streamly_auth::access::Claims;
use streamly_domain::UserId;
use streamly_http::{Authenticated, Problem, Result};
use streamly_status::Code;

/// The caller.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    /// Somebody with an account.
    Person(Claims),
    /// A program of a channel's owner.
    Bot(Arc<Bot>),
}

/// Somebody with an account, for calls that are not for bots.
#[derive(Debug, Clone)]
pub(super) struct Account(pub(super) Claims);

impl From<&Account> for Caller {
    fn from(who: &Account) -> Self {
        Self::Person(who.0.clone())
    }
}

impl FromRequest for Account {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let who = Caller::from_request(request, payload);
        Box::pin(async {
            match who.await? {
                Caller::Person(claims) => Ok(Self(claims)),
                Caller::Bot(_) => Err(Code::Forbidden.into()),
            }
        })
    }
}

impl From<&Caller> for Caller {
    fn from(who: &Caller) -> Self {
        who.clone()
    }
}

impl Caller {
    /// The caller's id.
    pub(super) fn id(&self) -> UserId {
        match self {
            Self::Person(claims) => claims.sub,
            Self::Bot(bot) => bot.person.id,
        }
    }

    /// If it is a bot.
    pub(super) fn bot(&self) -> Option<&Bot> {
        match self {
            Self::Person(_) => None,
            Self::Bot(bot) => Some(bot),
        }
    }

    /// The caller as frames name them. Refused: accounts that are suspended, tokens that are void.
    pub(super) async fn person(&self, context: &Context) -> Result<Person> {
        let claims = match self {
            Self::Bot(bot) => return Ok(bot.person.clone()),
            Self::Person(claims) => claims,
        };
        if context.log.is_revoked(claims.sub, claims.iat).await {
            return Err(Code::Unauthenticated.into());
        }
        let profile = context.directory.profile(claims).await;
        if profile.suspended { Err(Code::AccountSuspended.into()) } else { Ok(profile.person) }
    }
}

/// A caller, or nobody: no `Authorization` at all. A token that is not taken is refused as ever.
#[derive(Debug)]
pub(super) struct MaybeCaller(pub(super) Option<Caller>);

impl FromRequest for MaybeCaller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !request.headers().contains_key(header::AUTHORIZATION) {
            return Box::pin(async { Ok(Self(None)) });
        }
        let who = Caller::from_request(request, payload);
        Box::pin(async { who.await.map(Some).map(Self) })
    }
}

fn token(request: &HttpRequest) -> Option<Token> {
    let (scheme, token) = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    Token::presented(token.trim()).filter(|_| scheme.eq_ignore_ascii_case("bearer"))
}

/// What came of looking at a bot's token, in its request's extensions.
#[derive(Clone)]
struct Looked(std::result::Result<Arc<Bot>, NoBot>);

/// The middleware that looks at a bot's token before the handlers' extractors do; `streamly_http::look_first` does so for people's.
pub async fn look_first<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<B>, actix_web::Error> {
    if let Some(token) = token(request.request())
        && let Some(context) =
            request.app_data::<web::Data<Rest>>().and_then(|rest| rest.context.get().cloned())
    {
        let bot = context.bot(&token).await.map(Arc::new);
        request.extensions_mut().insert(Looked(bot));
    }
    next.call(request).await
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if token(request).is_none() {
            let who = Authenticated::from_request(request, payload);
            return Box::pin(async { who.await.map(|who| Self::Person(who.0)) });
        }
        let found = match request.extensions().get::<Looked>() {
            Some(Looked(bot)) => bot.clone().map(Self::Bot).map_err(|e| match e {
                NoBot::Unknown => Code::Unauthenticated.into(),
                NoBot::Suspended => Code::AccountSuspended.into(),
                NoBot::Away => Problem::unavailable(&Failure::Away),
            }),
            // Not up yet.
            None => Err(Code::Unavailable.into()),
        };
        Box::pin(std::future::ready(found))
    }
}
