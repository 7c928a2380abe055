//! A connection and its transactions, whose statements are spans below the call that asks them (`spans`).
//!
//! They do what those of deadpool and tokio-postgres do, with the same names, and are these for everything else: what is asked past this module
//! is done all the same and not seen. A statement is sent when its future is first polled.

use crate::spans::{asked, told};
use async_trait::async_trait;
use deadpool_postgres::{ClientWrapper, Object};
use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};
use streamly_telemetry::trace::Span;
use tokio_postgres::{Error, Row, ToStatement, types::ToSql};

/// Values of a statement's places.
type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// What can be asked: a text, or a statement that was prepared.
pub trait Query: Send + Sync {
    /// As tokio-postgres takes it.
    type Form: ?Sized + ToStatement + Send + Sync;
    /// What is sent.
    fn form(&self) -> &Self::Form;
    /// What is recorded.
    fn text(&self) -> Option<&str>;
}

/// A prepared statement.
#[derive(Clone)]
pub struct Statement {
    statement: tokio_postgres::Statement,
    /// None where nothing was recorded when it was prepared.
    text: Option<Arc<str>>,
}

impl Query for str {
    type Form = str;
    fn form(&self) -> &str {
        self
    }
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Query for String {
    type Form = str;
    fn form(&self) -> &str {
        self
    }
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Query for Statement {
    type Form = tokio_postgres::Statement;
    fn form(&self) -> &tokio_postgres::Statement {
        &self.statement
    }
    fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl Query for tokio_postgres::Statement {
    type Form = Self;
    fn form(&self) -> &Self {
        self
    }
    fn text(&self) -> Option<&str> {
        None
    }
}

/// A connection, or a transaction on one: for what does not decide itself what is atomic.
#[async_trait]
pub trait GenericClient: Sync {
    /// All rows of the answer.
    async fn query<Q: ?Sized + Query>(&self, query: &Q, values: Values<'_>) -> Result<Vec<Row>, Error>;
    /// The one row. Errors: there is another number of them.
    async fn query_one<Q: ?Sized + Query>(&self, query: &Q, values: Values<'_>) -> Result<Row, Error>;
    /// The row, if there is one. Errors: there are several.
    async fn query_opt<Q: ?Sized + Query>(&self, query: &Q, values: Values<'_>)
    -> Result<Option<Row>, Error>;
    /// How many rows it was about.
    async fn execute<Q: ?Sized + Query>(&self, query: &Q, values: Values<'_>) -> Result<u64, Error>;
    /// Several statements without values.
    async fn batch_execute(&self, text: &str) -> Result<(), Error>;
    /// A statement that this connection keeps.
    async fn prepare_cached(&self, text: &str) -> Result<Statement, Error>;
}

/// A connection out of the pool, which it goes back to; or one of its own ([`Connection::take`]).
pub struct Connection {
    held: Held,
    database: Arc<str>,
}

enum Held {
    Pooled(Object),
    Own(ClientWrapper),
}

impl Held {
    fn client(&self) -> &ClientWrapper {
        match self {
            Self::Pooled(object) => object,
            Self::Own(client) => client,
        }
    }

    fn client_mut(&mut self) -> &mut ClientWrapper {
        match self {
            Self::Pooled(object) => object,
            Self::Own(client) => client,
        }
    }
}

/// A transaction. One that is dropped is rolled back.
pub struct Transaction<'a> {
    inner: deadpool_postgres::Transaction<'a>,
    database: &'a str,
}

/// The statements of both.
macro_rules! statements {
    () => {
        /// See [`GenericClient::query`].
        pub async fn query<Q: ?Sized + Query>(
            &self,
            query: &Q,
            values: &[&(dyn ToSql + Sync)],
        ) -> Result<Vec<Row>, Error> {
            let span = asked(&self.database, query.text());
            let answer = self.inner().query(query.form(), values).await;
            told(&span, &answer);
            answer
        }

        /// See [`GenericClient::query_one`].
        pub async fn query_one<Q: ?Sized + Query>(
            &self,
            query: &Q,
            values: &[&(dyn ToSql + Sync)],
        ) -> Result<Row, Error> {
            let span = asked(&self.database, query.text());
            let answer = self.inner().query_one(query.form(), values).await;
            told(&span, &answer);
            answer
        }

        /// See [`GenericClient::query_opt`].
        pub async fn query_opt<Q: ?Sized + Query>(
            &self,
            query: &Q,
            values: &[&(dyn ToSql + Sync)],
        ) -> Result<Option<Row>, Error> {
            let span = asked(&self.database, query.text());
            let answer = self.inner().query_opt(query.form(), values).await;
            told(&span, &answer);
            answer
        }

        /// See [`GenericClient::execute`].
        pub async fn execute<Q: ?Sized + Query>(
            &self,
            query: &Q,
            values: &[&(dyn ToSql + Sync)],
        ) -> Result<u64, Error> {
            let span = asked(&self.database, query.text());
            let answer = self.inner().execute(query.form(), values).await;
            told(&span, &answer);
            answer
        }

        /// See [`GenericClient::batch_execute`].
        pub async fn batch_execute(&self, text: &str) -> Result<(), Error> {
            let span = asked(&self.database, Some(text));
            let answer = self.inner().batch_execute(text).await;
            told(&span, &answer);
            answer
        }

        /// See [`GenericClient::prepare_cached`].
        pub async fn prepare_cached(&self, text: &str) -> Result<Statement, Error> {
            let statement = self.inner().prepare_cached(text).await?;
            let text = Span::current().is_recorded().then(|| Arc::from(text));
            Ok(Statement { statement, text })
        }
    };
}

/// The same for who does not know which of both it is.
macro_rules! generic {
    ($of:ty) => {
        #[async_trait]
        impl GenericClient for $of {
            async fn query<Q: ?Sized + Query>(
                &self,
                query: &Q,
                values: Values<'_>,
            ) -> Result<Vec<Row>, Error> {
                <$of>::query(self, query, values).await
            }
            async fn query_one<Q: ?Sized + Query>(
                &self,
                query: &Q,
                values: Values<'_>,
            ) -> Result<Row, Error> {
                <$of>::query_one(self, query, values).await
            }
            async fn query_opt<Q: ?Sized + Query>(
                &self,
                query: &Q,
                values: Values<'_>,
            ) -> Result<Option<Row>, Error> {
                <$of>::query_opt(self, query, values).await
            }
            async fn execute<Q: ?Sized + Query>(&self, query: &Q, values: Values<'_>) -> Result<u64, Error> {
                <$of>::execute(self, query, values).await
            }
            async fn batch_execute(&self, text: &str) -> Result<(), Error> {
                <$of>::batch_execute(self, text).await
            }
            async fn prepare_cached(&self, text: &str) -> Result<Statement, Error> {
                <$of>::prepare_cached(self, text).await
            }
        }
    };
}

generic!(Connection);
generic!(Transaction<'_>);

impl Connection {
    pub(crate) fn pooled(object: Object, database: Arc<str>) -> Self {
        Self { held: Held::Pooled(object), database }
    }

    /// Takes it out of the pool, which makes another one: it closes when it is dropped, and with it ends what hangs on it.
    #[must_use]
    pub fn take(this: Self) -> Self {
        let held = match this.held {
            Held::Pooled(object) => Held::Own(Object::take(object)),
            own @ Held::Own(_) => own,
        };
        Self { held, database: this.database }
    }

    /// Begins a transaction.
    pub async fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
        let (client, database) = (self.held.client_mut(), &*self.database);
        let span = asked(database, Some("BEGIN"));
        let begun = client.transaction().await;
        told(&span, &begun);
        Ok(Transaction { inner: begun?, database })
    }

    fn inner(&self) -> &ClientWrapper {
        self.held.client()
    }

    statements!();
}

impl Deref for Connection {
    type Target = ClientWrapper;
    fn deref(&self) -> &ClientWrapper {
        self.inner()
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut ClientWrapper {
        self.held.client_mut()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("database", &self.database).finish_non_exhaustive()
    }
}

impl<'a> Transaction<'a> {
    /// Makes what was done in it last. Errors: whether it does is not known.
    pub async fn commit(self) -> Result<(), Error> {
        let span = asked(self.database, Some("COMMIT"));
        let answer = self.inner.commit().await;
        told(&span, &answer);
        answer
    }

    /// Nothing that was done in it stays.
    pub async fn rollback(self) -> Result<(), Error> {
        let span = asked(self.database, Some("ROLLBACK"));
        let answer = self.inner.rollback().await;
        told(&span, &answer);
        answer
    }

    fn inner(&self) -> &deadpool_postgres::Transaction<'a> {
        &self.inner
    }

    statements!();
}

impl<'a> Deref for Transaction<'a> {
    type Target = deadpool_postgres::Transaction<'a>;
    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}
