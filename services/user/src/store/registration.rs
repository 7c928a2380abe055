//! Accounts that begin: `users`, `pending_accounts` (registrations that wait for their mail's link), `invitations`.

use super::{
    Store, links, mails, outbox,
    users::{COLUMNS, REST, RESTS, User, language_of, taken},
};
use crate::{
    error::Error,
    mail::{Letter, Reader, Site},
    refresh::Token,
};
use serde_json::json;
use streamly_domain::{Language, UserId, Username};
use streamly_postgres::Transaction;

/// How long a registration waits for its link, seconds; the mail says so, too.
const PENDING_S: f64 = 24.0 * 3_600.0;

/// What a registration writes.
pub(crate) struct NewUser<'a> {
    pub(crate) username: &'a Username,
    pub(crate) display_name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) language: Option<Language>,
    pub(crate) password_hash: &'a str,
    /// SHA-256 of the invitation's code, where one is needed.
    pub(crate) invitation: Option<Vec<u8>>,
    /// The link of the mail.
    pub(crate) token: &'a Token,
}

impl Store {
    /// Inserts an account with its `user.registered` and the mail that asks to confirm its address. Errors: the name or the address is
    /// taken, the name rests, or the invitation is not good any more.
    pub(crate) async fn register(&self, new: &NewUser<'_>, letter: &Letter) -> Result<User, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let texts = (new.username.as_str(), new.display_name, new.email, new.password_hash);
        let language = new.language.map(Language::tag);
        let user = insert(&transaction, texts, language, false, new.invitation.as_deref()).await?;
        links::put(&transaction, new.token, links::Purpose::Verify, user.id, new.email).await?;
        mails::put(&transaction, user.id, new.email, letter).await?;
        transaction.commit().await?;
        Ok(user)
    }

    /// Lets a registration wait for its link. To an address that has an account goes a mail about that; the caller is told nothing of it.
    /// `asked`: the language of the request, where neither the account nor the registration says one.
    pub(crate) async fn ask_to_register(
        &self,
        new: &NewUser<'_>,
        site: &Site,
        asked: Option<Language>,
    ) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let find = "SELECT id, username, language FROM users WHERE email = $1";
        let asked = new.language.or(asked);
        match transaction.query_opt(find, &[&new.email]).await? {
            Some(row) => {
                let letter = site.has_account(Reader::new(row.get("username"), language_of(&row), asked));
                mails::put(&transaction, UserId(row.get("id")), new.email, &letter).await?;
            }
            None => {
                let sql = "INSERT INTO pending_accounts (token_hash, username, display_name, email, password_hash, \
                           invitation_hash, expires_at, language) VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7), $8)";
                let statement = transaction.prepare_cached(sql).await?;
                let (username, language) = (new.username.as_str(), new.language.map(Language::tag));
                let NewUser { display_name, email, password_hash, invitation, token, .. } = new;
                transaction
                    .execute(
                        &statement,
                        &[
                            &token.hash(),
                            &username,
                            display_name,
                            email,
                            password_hash,
                            invitation,
                            &PENDING_S,
                            &language,
                        ],
                    )
                    .await?;
                let letter = site.confirm_registration(Reader::new(username, None, asked), token);
                mails::put_to(&transaction, None, email, &letter).await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Makes the account of a registration whose link was followed. Errors: the link; the name or the address was taken meanwhile.
    pub(crate) async fn confirm_registration(&self, token: &Token) -> Result<UserId, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = "DELETE FROM pending_accounts WHERE token_hash = $1 AND expires_at > now() \
                   RETURNING username, display_name, email, password_hash, invitation_hash, language";
        let row = transaction.query_opt(sql, &[&token.hash()]).await?.ok_or(Error::InvalidLink)?;
        let texts = (row.get(0), row.get(1), row.get(2), row.get(3));
        let invitation: Option<Vec<u8>> = row.get(4);
        let user = insert(&transaction, texts, row.get("language"), true, invitation.as_deref()).await?;
        transaction.commit().await?;
        Ok(user.id)
    }

    /// Whether a name and an address (if given) have no account: before the expensive hash. The constraints decide in the end.
    pub(crate) async fn check_free(&self, username: &Username, email: Option<&str>) -> Result<(), Error> {
        let connection = self.connection().await?;
        let sql = "SELECT coalesce(bool_or(username = $1), false), coalesce(bool_or(email = $2), false) \
                   FROM users WHERE username = $1 OR email = $2";
        let statement = connection.prepare_cached(sql).await?;
        let row = connection.query_one(&statement, &[&username.as_str(), &email]).await?;
        if connection.query_one(RESTS, &[&username.as_str(), &REST.as_secs_f64()]).await?.get(0) {
            return Err(Error::UsernameTaken);
        }
        match (row.get(0), row.get(1)) {
            (true, _) => Err(Error::UsernameTaken),
            (false, true) => Err(Error::EmailTaken),
            (false, false) => Ok(()),
        }
    }

    /// Whether an invitation's code is good: before the expensive hash.
    pub(crate) async fn check_invitation(&self, code: &[u8]) -> Result<(), Error> {
        let connection = self.connection().await?;
        let sql = "SELECT EXISTS (SELECT 1 FROM invitations WHERE code_hash = $1 AND used_at IS NULL AND expires_at > now())";
        let statement = connection.prepare_cached(sql).await?;
        let good = connection.query_one(&statement, &[&code]).await?.get(0);
        if good { Ok(()) } else { Err(Error::InvalidInvitation) }
    }
}

/// User name, display name, address, password hash.
async fn insert(
    transaction: &Transaction<'_>,
    (username, display_name, email, hash): (&str, &str, &str, &str),
    language: Option<&str>,
    verified: bool,
    invitation: Option<&[u8]>,
) -> Result<User, Error> {
    let sql = format!(
        "INSERT INTO users (id, username, display_name, email, password_hash, language, email_verified_at) \
         VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN now() END) RETURNING {COLUMNS}"
    );
    let statement = transaction.prepare_cached(&sql).await?;
    let id = UserId::new().uuid();
    let row = transaction
        .query_one(&statement, &[&id, &username, &display_name, &email, &hash, &language, &verified])
        .await
        .map_err(taken)?;
    if transaction.query_one(RESTS, &[&username, &REST.as_secs_f64()]).await?.get(0) {
        return Err(Error::UsernameTaken);
    }
    if let Some(code) = invitation {
        let sql = "UPDATE invitations SET used_at = now(), used_by = $2 WHERE code_hash = $1 AND used_at IS NULL AND expires_at > now()";
        if transaction.execute(sql, &[&code, &id]).await? == 0 {
            return Err(Error::InvalidInvitation);
        }
    }
    let user = User::from_row(&row);
    registered(transaction, &user).await?;
    Ok(user)
}

/// The fact of a new account.
pub(super) async fn registered(transaction: &Transaction<'_>, user: &User) -> Result<(), Error> {
    outbox::put(transaction, "user.registered", user.id, &json!({"username": user.username})).await
}
