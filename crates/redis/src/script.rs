//! Lua scripts: EVALSHA, with the text sent again when the server forgot it.

use crate::{Error, Redis};
use fred::types::{FromValue, Value, scripts::Script as FredScript};

/// A script, hashed once.
#[derive(Debug, Clone)]
pub struct Script(FredScript);

impl Script {
    /// Hashes the text.
    pub fn new(lua: &str) -> Self {
        Self(FredScript::from_lua(lua))
    }

    /// Runs it. A time-out does not tell whether it ran: make it idempotent.
    pub async fn run<T: FromValue>(
        &self,
        redis: &Redis,
        keys: impl IntoIterator<Item = String>,
        args: impl IntoIterator<Item = impl Into<Value>>,
    ) -> Result<T, Error> {
        let keys: Vec<String> = keys.into_iter().collect();
        let args: Vec<Value> = args.into_iter().map(Into::into).collect();
        let answer: Value =
            self.0.evalsha_with_reload(&redis.client, keys, args).await.map_err(Error::Command)?;
        answer.convert().map_err(Error::Command)
    }
}
