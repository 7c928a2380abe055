//! Follows a Redis Stream from an id on, blocking reads on a connection of its own: facts between services.

use crate::{
    Config, Error, Redis,
    client::{Renewal, dedicated},
    successor::Successor,
};
use bytes::Bytes;
use fred::{
    clients::Client,
    interfaces::ClientLike,
    types::{ClusterHash, ConnectHandle, CustomCommand, Value},
};

/// One entry of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `ms-seq`.
    pub id: String,
    /// Field names and values.
    pub fields: Vec<(String, Bytes)>,
}

impl Entry {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&Bytes> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }
    /// Reads an XRANGE/XREAD reply of entries; entries of another shape are left out.
    pub fn list(value: Value) -> Vec<Entry> {
        items(value).into_iter().filter_map(Entry::from_value).collect()
    }
    fn from_value(value: Value) -> Option<Entry> {
        let mut pair = items(value).into_iter();
        let id = pair.next()?.into_string()?;
        let mut flat = items(pair.next()?).into_iter();
        let mut fields = Vec::new();
        while let (Some(name), Some(value)) = (flat.next(), flat.next()) {
            fields.push((name.into_string()?, value.into_bytes()?));
        }
        Some(Entry { id, fields })
    }
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// Reads a stream onwards. Not for many readers of one stream: each has a connection.
pub struct Follower {
    config: Config,
    client: Client,
    /// Holds the client's connection.
    connection: ConnectHandle,
    successor: Successor,
    stream: String,
    last: String,
    renewal: Renewal,
}

/// Entries a read takes at most, and how long it waits, below the command time-out.
const COUNT: &str = "256";
const BLOCK_MS: &str = "1000";

impl Follower {
    /// From after `last` (`"0"`: from the beginning; `"$"`: from now on).
    pub async fn new(redis: &Redis, stream: &str, last: &str) -> Result<Self, Error> {
        let (client, connection) = dedicated(&redis.config)?;
        let mut this = Self {
            config: redis.config.clone(),
            client,
            connection,
            successor: Successor::default(),
            stream: stream.into(),
            last: last.into(),
            renewal: Renewal::default(),
        };
        if last == "$" {
            let newest: Value = redis.call("XREVRANGE", [stream, "+", "-", "COUNT", "1"]).await?;
            this.last = Entry::list(newest).pop().map_or_else(|| "0".into(), |e| e.id);
        }
        Ok(this)
    }

    /// The id of the last entry given out.
    pub fn last(&self) -> &str {
        &self.last
    }

    /// The next entries; empty when none came within a second. Errors: Redis is away; call again after a pause. Cancel-safe but for
    /// the second's wait.
    pub async fn next(&mut self) -> Result<Vec<Entry>, Error> {
        let args = ["COUNT", COUNT, "BLOCK", BLOCK_MS, "STREAMS", &self.stream, &self.last].map(Value::from);
        let command = CustomCommand::new_static("XREAD", ClusterHash::Offset(5), true);
        let answer = self.client.custom(command, args.to_vec()).await.map_err(Error::Command);
        let is_silent = answer.as_ref().is_err_and(Error::is_timeout);
        if answer.is_ok() {
            self.successor.retire();
        } else if is_silent && !self.client.is_clustered() {
            self.renewal.of(&self.client);
        } else if is_silent
            && self.client.is_connected()
            && let Some((client, connection)) = self.successor.get(&self.config).await
        {
            // Nothing else was asked of the old one.
            self.client = client;
            std::mem::replace(&mut self.connection, connection).abort();
        }
        let answer: Value = answer?;
        // RESP2: [[stream, entries]]; RESP3: {stream: entries}
        let entries = match answer {
            Value::Map(map) => map.inner().into_values().next().map(Entry::list).unwrap_or_default(),
            other => items(other)
                .into_iter()
                .next()
                .map(|s| items(s).into_iter().nth(1).map(Entry::list).unwrap_or_default())
                .unwrap_or_default(),
        };
        if let Some(e) = entries.last() {
            self.last.clone_from(&e.id);
        }
        Ok(entries)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // A goodbye would wait for the read that is under way, and without a connection for one.
        self.connection.abort();
    }
}
