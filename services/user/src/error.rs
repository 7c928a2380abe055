//! What can go wrong for a caller, each with its code.
//!
//! Causes are logged once, where [`Error`] becomes a problem or a gRPC status; callers see codes only.

use crate::accounts::SecondStep;
use std::time::Duration;
use streamly_http::Problem;
use streamly_status::{Code, FieldError};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// PostgreSQL is away or a statement of ours is wrong.
    #[error("database")]
    Database(#[from] streamly_postgres::Error),
    /// The call took longer than `deadline`.
    #[error("the call took too long")]
    Deadline,
    /// The service has not finished its start.
    #[error("the service is starting")]
    Starting,
    /// Too many password hashes wait.
    #[error("too many password hashes wait")]
    HashQueueFull,
    /// A hash or a stored hash is not usable.
    #[error("password hash: {0}")]
    Hash(#[from] argon2::password_hash::Error),
    /// A stored hash of bcrypt is not usable.
    #[error("a stored hash of bcrypt")]
    HashOfBcrypt,
    /// The system's random source failed, or a task of ours panicked.
    #[error("no random bytes")]
    Random,
    /// The computation of a hash ended without an answer.
    #[error("the hash task failed")]
    HashTask(#[from] streamly_lifecycle::Panicked),
    /// A sealed secret does not open: another setting, another row, or damage.
    #[error("a sealed secret does not open")]
    Unopenable,
    /// The access token could not be signed.
    #[error("the access token could not be signed")]
    Sign(#[from] streamly_auth::InvalidToken),
    /// Fields are wrong, each is named.
    #[error("fields are not valid")]
    Invalid(Vec<FieldError>),
    /// The name is taken or reserved.
    #[error("user name taken")]
    UsernameTaken,
    /// The address has an account.
    #[error("e-mail address taken")]
    EmailTaken,
    /// Registration is off.
    #[error("registration is closed")]
    RegistrationClosed,
    /// The invitation is unknown, used or over.
    #[error("invalid invitation")]
    InvalidInvitation,
    /// Not for a person of this role.
    #[error("forbidden")]
    Forbidden,
    /// There is an admin.
    #[error("there is an admin")]
    AdminExists,
    /// Nobody else is an admin.
    #[error("the last admin")]
    LastAdmin,
    /// No such mail.
    #[error("no such mail")]
    MailNotFound,
    /// Unknown account or wrong password.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// The password was right; a second factor is asked for.
    #[error("a second factor is needed")]
    SecondStep(Box<SecondStep>),
    /// The proof that waited for a second factor is unknown, used or over.
    #[error("no such second step")]
    UnknownStep,
    /// A wrong code, one that was used, or a passkey that is not taken.
    #[error("wrong second factor")]
    WrongFactor,
    /// The account has no second factor.
    #[error("no second factor")]
    NoSecondFactor,
    /// An admin asks for the reset of their own second factors.
    #[error("an admin's own second factors")]
    OwnSecondFactor,
    /// The account has an app already.
    #[error("there is an authenticator app")]
    TotpExists,
    /// A new passkey that cannot be used.
    #[error("invalid passkey")]
    InvalidPasskey,
    /// A sign-in by a passkey that is unknown here or does not prove anything.
    #[error("passkey refused")]
    PasskeyRefused,
    /// No such passkey of this account.
    #[error("no such passkey")]
    PasskeyNotFound,
    /// As many passkeys as an account may have.
    #[error("too many passkeys")]
    TooManyPasskeys,
    /// The account is suspended.
    #[error("account suspended")]
    Suspended,
    /// The account is closed: it will be erased.
    #[error("account closed")]
    Closed,
    /// The refresh token is missing, unknown, expired, or was used again too late.
    #[error("invalid refresh token")]
    InvalidRefreshToken,
    /// The page that asks is of another origin.
    #[error("foreign origin")]
    ForeignOrigin,
    /// The access token's user is gone.
    #[error("unauthenticated")]
    Unauthenticated,
    /// The password was proved too long ago.
    #[error("not a recent sign-in")]
    ReauthRequired,
    /// The link of a mail is unknown, used or over.
    #[error("invalid link")]
    InvalidLink,
    /// The address is confirmed already.
    #[error("already verified")]
    AlreadyVerified,
    /// No sign-in of that id for this user.
    #[error("no such session")]
    SessionNotFound,
    /// No such user.
    #[error("no such user")]
    UserNotFound,
    /// More ids than a batch may have.
    #[error("too many ids")]
    BatchTooLarge,
    /// Too many attempts.
    #[error("rate limited")]
    RateLimited(Duration),
}

impl Error {
    /// The code a caller is told.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Database(e) if e.is_unavailable() => Code::Unavailable,
            Self::Deadline | Self::Starting | Self::HashQueueFull => Code::Unavailable,
            Self::Database(_)
            | Self::Hash(_)
            | Self::HashOfBcrypt
            | Self::Random
            | Self::HashTask(_)
            | Self::Unopenable
            | Self::Sign(_) => Code::Internal,
            Self::Invalid(_) | Self::BatchTooLarge => Code::ValidationFailed,
            Self::UsernameTaken => Code::UsernameTaken,
            Self::EmailTaken => Code::EmailTaken,
            Self::RegistrationClosed => Code::RegistrationClosed,
            Self::InvalidCredentials | Self::UnknownStep => Code::InvalidCredentials,
            Self::SecondStep(_) => Code::MfaRequired,
            Self::WrongFactor => Code::InvalidSecondFactor,
            Self::NoSecondFactor => Code::NoSecondFactor,
            Self::TotpExists => Code::TotpExists,
            Self::InvalidPasskey => Code::InvalidPasskey,
            Self::PasskeyRefused => Code::PasskeyRefused,
            Self::PasskeyNotFound => Code::PasskeyNotFound,
            Self::TooManyPasskeys => Code::TooManyPasskeys,
            Self::Suspended => Code::AccountSuspended,
            Self::Closed => Code::AccountClosed,
            Self::InvalidRefreshToken => Code::InvalidRefreshToken,
            Self::ForeignOrigin => Code::Forbidden,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::InvalidInvitation => Code::InvalidInvitation,
            Self::Forbidden | Self::OwnSecondFactor => Code::Forbidden,
            Self::AdminExists => Code::AdminExists,
            Self::LastAdmin => Code::LastAdmin,
            Self::MailNotFound => Code::MailNotFound,
            Self::ReauthRequired => Code::ReauthRequired,
            Self::InvalidLink => Code::InvalidLink,
            Self::AlreadyVerified => Code::AlreadyVerified,
            Self::SessionNotFound => Code::SessionNotFound,
            Self::UserNotFound => Code::UserNotFound,
            Self::RateLimited(_) => Code::RateLimited,
        }
    }

    /// A short name for metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        self.code().name()
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        Self::Database(e.into())
    }
}

impl From<Error> for Problem {
    fn from(e: Error) -> Self {
        match (e.code(), e) {
            (Code::Unavailable, e) => Problem::unavailable(&e),
            (Code::Internal, e) => Problem::internal(&e),
            (_, Error::Invalid(fields)) => Problem::fields(fields),
            (code, Error::RateLimited(after)) => Problem::new(code).retry_after(after),
            (code, Error::ForeignOrigin) => Problem::new(code).detail("The Origin is not this site's."),
            (code, Error::OwnSecondFactor) => Problem::new(code).detail(
                "Nobody resets their own second factors: two people are to know of it. Ask another admin or, while you can \
                 still use one, remove them in your settings.",
            ),
            (code, Error::SecondStep(step)) => {
                let problem =
                    Problem::new(code).with("mfa_token", step.token.to_text()).with("methods", step.methods);
                step.passkey.into_iter().fold(problem, |problem, options| problem.with("passkey", options))
            }
            (code, Error::UnknownStep) => {
                Problem::new(code).detail("This sign-in is unknown or over. Begin again.")
            }
            (code, _) => Problem::new(code),
        }
    }
}

impl From<Error> for tonic::Status {
    fn from(e: Error) -> Self {
        let code = e.code();
        if matches!(code, Code::Unavailable | Code::Internal) {
            tracing::warn!(cause = ?e, "gRPC call failed");
        }
        streamly_rpc::status_of(code)
    }
}
