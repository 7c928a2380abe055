//! The table `users`.

use super::{Store, registration::registered};
use crate::{error::Error, input::Login, mail::Reader};
use std::time::Duration;
use streamly_domain::{Language, UserId, Username};
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// The statement of [`Store::by_ids`]: publishers wait for it.
pub(crate) fn by_ids() -> String {
    format!("SELECT {COLUMNS} FROM users WHERE id = ANY($1)")
}

/// An account without its password.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) email: Option<String>,
    /// In which it is written to; none: it did not say.
    pub(crate) language: Option<Language>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) suspended: bool,
    pub(crate) email_verified: bool,
    /// `user`, `moderator` or `admin`.
    pub(crate) role: String,
    /// Its owner closed it; it will be erased, or was.
    pub(crate) closed: bool,
    /// Access tokens that were signed before are void.
    pub(crate) tokens_void_before: Option<OffsetDateTime>,
}

/// Columns of a [`User`].
pub(super) const COLUMNS: &str = "id, username, display_name, email, language, created_at, suspended_at IS NOT NULL AS suspended, \
                                  email_verified_at IS NOT NULL AS email_verified, role, \
                                  closed_at IS NOT NULL AS closed, tokens_void_before";

impl User {
    pub(super) fn from_row(row: &Row) -> Self {
        Self {
            id: UserId(row.get("id")),
            username: row.get("username"),
            display_name: row.get("display_name"),
            email: row.get("email"),
            language: language_of(row),
            created_at: row.get("created_at"),
            suspended: row.get("suspended"),
            email_verified: row.get("email_verified"),
            role: row.get("role"),
            closed: row.get("closed"),
            tokens_void_before: row.get("tokens_void_before"),
        }
    }

    /// To whom its letters are; `asked`: the language of whoever asked for one.
    pub(crate) fn reader(&self, asked: Option<Language>) -> Reader<'_> {
        Reader::new(&self.username, self.language, asked)
    }

    /// Why it may do nothing, if so.
    pub(crate) fn barred(&self) -> Option<Error> {
        match (self.suspended, self.closed) {
            (true, _) => Some(Error::Suspended),
            (false, true) => Some(Error::Closed),
            (false, false) => None,
        }
    }
}

/// How long a freed name rests: old links and mentions must not lead to somebody else.
pub(super) const REST: Duration = Duration::from_secs(90 * 86_400);
/// $1: a name; $2: for how many seconds one rests.
pub(super) const RESTS: &str = "SELECT EXISTS \
    (SELECT 1 FROM freed_names WHERE username = $1 AND freed_at > now() - make_interval(secs => $2))";

impl Store {
    /// The account of a sign-in with its password hash.
    pub(crate) async fn by_login(&self, login: &Login) -> Result<Option<(User, String)>, Error> {
        let (column, value) = match login {
            Login::Username(name) => ("username", name.as_str()),
            Login::Email(email) => ("email", email.as_str()),
            // Asks all the same, so that time does not tell.
            Login::Nobody => ("username", ""),
        };
        let connection = self.connection().await?;
        let sql =
            format!("SELECT {COLUMNS}, password_hash FROM users WHERE {column} = $1 AND deleted_at IS NULL");
        let statement = connection.prepare_cached(&sql).await?;
        let row = connection.query_opt(&statement, &[&value]).await?;
        Ok(row.map(|row| (User::from_row(&row), row.get("password_hash"))))
    }

    /// An account's password hash.
    pub(crate) async fn hash_of(&self, id: UserId) -> Result<Option<String>, Error> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached("SELECT password_hash FROM users WHERE id = $1").await?;
        Ok(connection.query_opt(&statement, &[&id.uuid()]).await?.map(|row| row.get(0)))
    }

    /// Puts a newer hash of the same password in the place of an old one, unless that has changed meanwhile.
    pub(crate) async fn renew_hash(&self, id: UserId, old: &str, new: &str) -> Result<bool, Error> {
        let connection = self.connection().await?;
        let sql = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.execute(&statement, &[&id.uuid(), &old, &new]).await? > 0)
    }

    /// Whether any account has a hash of bcrypt.
    pub(crate) async fn has_bcrypt(&self) -> Result<bool, Error> {
        let connection = self.connection().await?;
        let sql = "SELECT EXISTS (SELECT 1 FROM users WHERE password_hash LIKE '$2%')";
        Ok(connection.query_one(sql, &[]).await?.get(0))
    }

    /// Users of these ids, in no order; unknown ids are left out.
    pub(crate) async fn by_ids(&self, ids: &[Uuid]) -> Result<Vec<User>, Error> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached(&by_ids()).await?;
        Ok(connection.query(&statement, &[&ids]).await?.iter().map(User::from_row).collect())
    }

    /// Users of these names, in no order; unknown names are left out.
    pub(crate) async fn by_names(&self, names: &[&str]) -> Result<Vec<User>, Error> {
        let connection = self.connection().await?;
        let sql = format!("SELECT {COLUMNS} FROM users WHERE username = ANY($1) AND deleted_at IS NULL");
        let statement = connection.prepare_cached(&sql).await?;
        Ok(connection.query(&statement, &[&names]).await?.iter().map(User::from_row).collect())
    }

    /// Writes an account's name in another way, and to the account in another language; none leaves either. `None`: no such account.
    pub(crate) async fn change(
        &self,
        id: UserId,
        display_name: Option<&str>,
        language: Option<Language>,
    ) -> Result<Option<User>, Error> {
        let connection = self.connection().await?;
        let sql = format!(
            "UPDATE users SET display_name = coalesce($2, display_name), language = coalesce($3, language) WHERE id = $1 RETURNING {COLUMNS}"
        );
        let row =
            connection.query_opt(&sql, &[&id.uuid(), &display_name, &language.map(Language::tag)]).await?;
        Ok(row.as_ref().map(User::from_row))
    }

    /// Makes the demo account, or gives it this password and ends its sign-ins.
    pub(crate) async fn put_demo(
        &self,
        username: &Username,
        display_name: &str,
        hash: &str,
    ) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let insert = format!(
            "INSERT INTO users (id, username, display_name, password_hash) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (username) DO NOTHING RETURNING {COLUMNS}"
        );
        let id = UserId::new().uuid();
        let made = transaction.query_opt(&insert, &[&id, &username.as_str(), &display_name, &hash]).await?;
        match made {
            Some(row) => registered(&transaction, &User::from_row(&row)).await?,
            None => {
                let update = "WITH changed AS (UPDATE users SET password_hash = $2, display_name = $3 WHERE username = $1 RETURNING id) \
                              DELETE FROM refresh_tokens USING changed WHERE user_id = changed.id";
                transaction.execute(update, &[&username.as_str(), &hash, &display_name]).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// The column `language` of a row; none where it names one that is not spoken here.
pub(super) fn language_of(row: &Row) -> Option<Language> {
    row.get::<_, Option<&str>>("language").and_then(Language::parse)
}

pub(super) fn taken(e: tokio_postgres::Error) -> Error {
    let e = streamly_postgres::Error::from(e);
    match e.unique_violation() {
        Some("users_username_key") => Error::UsernameTaken,
        Some("users_email_key") => Error::EmailTaken,
        _ => Error::Database(e),
    }
}
