//! The configuration of every service on one machine, as the TOML that each of them reads: the same text for services in this
//! process and in processes of their own.

use crate::{
    secrets::Secrets,
    servers::{Layout, PG_PORT, PG_ROLE},
    settings::{ADMIN, CHAT, GRPC, INGEST, REST, RTMP, RTMPS, STREAM, Settings, USER, WEB},
};
use anyhow::Result;
use std::{net::SocketAddr, path::Path};
use toml::{Table, Value};

/// The services in the order of their start.
pub(crate) const SERVICES: [&str; 5] = ["user", "stream", "chat", "ingest", "web"];
/// PostgreSQL databases that must exist.
pub(crate) const DATABASES: [&str; 3] = ["streamly_users", "streamly_streams", "streamly_chat"];

/// Who calls services by `streamly ctl`.
pub(crate) const OPERATOR: &str = "operator";
/// The keys that sign access tokens.
pub(crate) const ACCESS_TOKENS: &str = "access-tokens.key";
/// The secret of the link to the first admin.
pub(crate) const FIRST_ADMIN: &str = "first-admin";

/// One service's configuration.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) name: &'static str,
    pub(crate) toml: String,
    /// Its admin listener, for readiness.
    pub(crate) admin: SocketAddr,
}

/// Everything that a plan is made of.
pub(crate) struct Inputs<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) layout: &'a Layout,
    pub(crate) secrets: &'a Secrets,
    /// Absolute.
    pub(crate) data: &'a Path,
    pub(crate) demo: bool,
}

fn text(v: impl std::fmt::Display) -> Value {
    Value::String(v.to_string())
}

fn path(p: &Path) -> Value {
    text(p.display())
}

fn table(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Table {
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

impl Inputs<'_> {
    fn loopback(&self, port: u16) -> Value {
        text(SocketAddr::from(([127, 0, 0, 1], self.settings.port(port))))
    }
    fn http_at(&self, port: u16) -> Value {
        text(format!("http://127.0.0.1:{}", self.settings.port(port)))
    }
    fn listeners(&self, base: u16) -> Table {
        table([
            ("http", self.loopback(base)),
            ("grpc", self.loopback(base + GRPC)),
            ("admin", self.loopback(base + ADMIN)),
        ])
    }
    fn postgres(&self, database: &str) -> Value {
        Value::Table(table([
            ("host", path(&self.layout.sockets)),
            ("port", Value::Integer(PG_PORT.into())),
            ("user", text(PG_ROLE)),
            ("database", text(database)),
        ]))
    }
    fn redis(&self) -> Value {
        Value::Table(table([("url", text(format!("redis+unix://{}", self.layout.redis_socket().display())))]))
    }
    /// This service's key, and the public keys of those who call it.
    fn trust(&self, me: &str, callers: &[&str]) -> Result<Value> {
        let (file, _) = self.secrets.signing_key(&format!("service-{me}.key"))?;
        let mut peers = Table::new();
        for caller in callers {
            let (_, key) = self.secrets.signing_key(&format!("service-{caller}.key"))?;
            peers.insert((*caller).to_owned(), text(key.jwk().x));
        }
        Ok(Value::Table(table([("key_file", path(&file)), ("peers", Value::Table(peers))])))
    }
    fn peer(&self, base: u16) -> Value {
        Value::Table(table([("url", self.http_at(base + GRPC))]))
    }
    fn jwks(&self, into: &mut Table) {
        into.insert(
            "jwks_url".into(),
            text(format!("http://127.0.0.1:{}/.well-known/jwks.json", self.settings.port(USER))),
        );
        into.insert("jwks_cache".into(), path(&self.data.join("jwks.json")));
    }

    fn user(&self) -> Result<Table> {
        let mut t = self.listeners(USER);
        t.insert("postgres".into(), self.postgres(DATABASES[0]));
        t.insert("redis".into(), self.redis());
        t.insert("trust".into(), self.trust("user", &["stream", "chat"])?);
        t.insert("signing_key_file".into(), path(&self.secrets.ring(ACCESS_TOKENS)?));
        t.insert("stream".into(), self.peer(STREAM));
        t.insert("chat".into(), self.peer(CHAT));
        let sealing = ("sealing_file", path(&self.secrets.random("second-factor-sealing")?));
        t.insert("second_factor".into(), Value::Table(table([sealing])));
        t.insert("public_url".into(), text(&self.settings.public_url));
        t.insert("rate_limits".into(), Value::Boolean(self.settings.rate_limits));
        t.insert("mail".into(), Value::Table(table([("folder", path(&self.data.join("mail")))])));
        t.insert("first_admin_token_file".into(), path(&self.secrets.random(FIRST_ADMIN)?));
        if self.demo {
            t.insert("demo_password_file".into(), path(&self.secrets.random("demo-password")?));
        }
        Ok(t)
    }
    fn stream(&self) -> Result<Table> {
        let mut t = self.listeners(STREAM);
        t.insert("postgres".into(), self.postgres(DATABASES[1]));
        t.insert("redis".into(), self.redis());
        t.insert("trust".into(), self.trust("stream", &["ingest", "chat", "user", OPERATOR])?);
        t.insert("user".into(), self.peer(USER));
        t.insert("key_pepper_file".into(), path(&self.secrets.random("stream-key-pepper")?));
        t.insert("key_sealing_file".into(), path(&self.secrets.random("stream-key-sealing")?));
        let vapid = ("vapid_key_file", path(&self.secrets.random("stream-vapid-key")?));
        t.insert("notices".into(), Value::Table(table([vapid])));
        t.insert("public_url".into(), text(&self.settings.public_url));
        t.insert("storage".into(), Value::Table(table([("dir", path(&self.data.join("pictures")))])));
        t.insert("rtmp_public_url".into(), text(self.settings.rtmp_url()));
        t.insert("rtmps_public_url".into(), text(self.settings.rtmps_url()));
        t.insert("rate_limits".into(), Value::Boolean(self.settings.rate_limits));
        self.jwks(&mut t);
        Ok(t)
    }
    fn chat(&self) -> Result<Table> {
        let mut t = self.listeners(CHAT);
        t.insert("rest".into(), self.loopback(CHAT + REST));
        t.insert("postgres".into(), self.postgres(DATABASES[2]));
        t.insert("redis".into(), self.redis());
        t.insert("trust".into(), self.trust("chat", &["stream", "user"])?);
        t.insert("user".into(), self.peer(USER));
        t.insert("stream".into(), self.peer(STREAM));
        t.insert("storage".into(), Value::Table(table([("dir", path(&self.data.join("pictures")))])));
        t.insert("public_url".into(), text(&self.settings.public_url));
        t.insert("rate_limits".into(), Value::Boolean(self.settings.rate_limits));
        self.jwks(&mut t);
        Ok(t)
    }
    fn ingest(&self) -> Result<Table> {
        let mut t = self.listeners(INGEST);
        let everywhere = |port: u16| text(SocketAddr::from(([0, 0, 0, 0], self.settings.port(port))));
        t.insert("rtmp".into(), Value::Table(table([("bind", everywhere(RTMP))])));
        let host = self.settings.public_host();
        let mut names = vec!["localhost", "127.0.0.1"];
        let host = host.trim_matches(['[', ']']);
        if !names.contains(&host) {
            names.push(host);
        }
        let rtmps = [
            ("bind", everywhere(RTMPS)),
            ("own_dir", path(self.secrets.folder())),
            ("names", Value::Array(names.into_iter().map(text).collect())),
        ];
        t.insert("rtmps".into(), Value::Table(table(rtmps)));
        t.insert("rewind_dir".into(), path(&self.data.join("rewind")));
        t.insert("gst_registry".into(), path(&self.data.join("gst-registry.bin")));
        t.insert("trust".into(), self.trust("ingest", &["stream", "ingest", OPERATOR])?);
        t.insert("stream".into(), self.peer(STREAM));
        t.insert("origin_url".into(), self.http_at(INGEST));
        t.insert("grpc_url".into(), self.http_at(INGEST + GRPC));
        t.insert("node_id".into(), text(format!("local-{}", self.settings.offset)));
        let exe = std::env::current_exe()?;
        t.insert("worker".into(), Value::Array(vec![path(&exe), text("transcode-worker")]));
        t.insert("rate_limits".into(), Value::Boolean(self.settings.rate_limits));
        // Who stops a laptop's platform does not wait for broadcasts to end.
        t.insert("drain".into(), text("100ms"));
        t.insert("rewind_drain".into(), text("0s"));
        Ok(t)
    }
    fn web(&self) -> Result<Table> {
        Ok(table([
            ("http", text(SocketAddr::from(([0, 0, 0, 0], self.settings.port(WEB))))),
            ("admin", self.loopback(WEB + ADMIN)),
            ("redis", self.redis()),
            ("public_url", text(&self.settings.public_url)),
            ("user_url", self.http_at(USER)),
            ("stream_url", self.http_at(STREAM)),
            ("chat_ws_url", self.http_at(CHAT)),
            ("chat_url", self.http_at(CHAT + REST)),
            ("sid_key_file", path(&self.secrets.random("session-ids")?)),
            ("rtmp_public_url", text(self.settings.rtmp_url())),
            ("rtmps_public_url", text(self.settings.rtmps_url())),
        ]))
    }

    /// All five.
    pub(crate) fn plan(&self) -> Result<Vec<Planned>> {
        let tables = [self.user()?, self.stream()?, self.chat()?, self.ingest()?, self.web()?];
        let bases = [USER, STREAM, CHAT, INGEST, WEB];
        SERVICES
            .into_iter()
            .zip(tables)
            .zip(bases)
            .map(|((name, t), base)| {
                let admin = ([127, 0, 0, 1], self.settings.port(base + ADMIN)).into();
                Ok(Planned { name, toml: toml::to_string(&t)?, admin })
            })
            .collect()
    }
}
