//! Who calls: a person by an access token, or a bot by its own, which goes to the same place. Calls that are for people only take
//! [`Account`], which bots are refused by as forbidden. Tokens that are unknown, revoked or malformed are refused alike.

use super::Rest;
use crate::{
    bots::{Bot, Token},
    directory::Failure,
    frame::Person,
    session::Context,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
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

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let Some(token) = token(request) else {
            let who = Authenticated::from_request(request, payload);
            return Box::pin(async { who.await.map(|who| Self::Person(who.0)) });
        };
        let rest = request.app_data::<web::Data<Rest>>().expect("the app has Rest as app data").clone();
        Box::pin(async move {
            let bot = rest.context()?.bot(&token).await.map_err(|e| match e {
                Failure::NotFound => Code::Unauthenticated.into(),
                Failure::Away => Problem::unavailable(&e),
            })?;
            Ok(Self::Bot(Arc::new(bot)))
        })
    }
}
