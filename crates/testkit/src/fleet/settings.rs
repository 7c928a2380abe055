//! The configuration of a fleet's services, one file each, which all instances of a service share, and the secrets that it names.
//!
//! Only settings that are as old as the oldest program that a fleet is run with: the same files are read by the release before this one.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    fs,
    io::Read,
    net::SocketAddr,
    path::{Path, PathBuf},
};
use streamly_auth::SigningKey;

/// Who calls whom by gRPC: a service, and those whose calls it takes.
const CALLERS: [(&str, &[&str]); 4] = [
    ("user", &["stream", "chat"]),
    ("stream", &["ingest", "chat", "user"]),
    ("chat", &["stream", "user"]),
    ("ingest", &["stream", "ingest"]),
];

/// Where each service is found: addresses of balancers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doors {
    pub(super) user: SocketAddr,
    pub(super) user_grpc: SocketAddr,
    pub(super) stream: SocketAddr,
    pub(super) stream_grpc: SocketAddr,
    pub(super) chat: SocketAddr,
    pub(super) chat_rest: SocketAddr,
    pub(super) chat_grpc: SocketAddr,
    pub(super) rtmp: SocketAddr,
    pub(super) web: SocketAddr,
}

/// Where what they keep is.
#[derive(Debug, Clone)]
pub(super) struct Stores {
    pub(super) postgres_host: String,
    pub(super) postgres_port: u16,
    pub(super) postgres_user: String,
    /// Of user, stream and chat.
    pub(super) databases: [String; 3],
    pub(super) redis: String,
}

/// Writes all of it into a folder: `user.toml` and so on, and the secrets. `seen_by`: where a service is told that the others are.
pub(super) fn write(folder: &Path, seen_by: impl Fn(&str) -> Doors, stores: &Stores) -> Result<()> {
    let trust = Trust::make(folder)?;
    let [users, streams, chats] = &stores.databases;
    let files = [
        ("user", user(folder, &seen_by("user"))? + &stores.kept(users) + &trust.of("user")?),
        ("stream", stream(folder, &seen_by("stream"))? + &stores.kept(streams) + &trust.of("stream")?),
        ("chat", chat(&seen_by("chat")) + &stores.kept(chats) + &trust.of("chat")?),
        ("ingest", ingest(&seen_by("ingest")) + &trust.of("ingest")?),
        ("web", web(folder, &seen_by("web"))? + &stores.redis()),
    ];
    for (name, text) in files {
        fs::write(folder.join(format!("{name}.toml")), text)?;
    }
    Ok(())
}

fn user(folder: &Path, doors: &Doors) -> Result<String> {
    let signing = secret(folder, "access-tokens.key", &SigningKey::generate()?.to_text())?;
    let sealing = random(folder, "second-factor-sealing")?;
    Ok(format!(
        "public_url = \"http://{web}\"\nrate_limits = false\nsigning_key_file = \"{signing}\"\n\
         [stream]\nurl = \"http://{stream}\"\n[chat]\nurl = \"http://{chat}\"\n\
         [second_factor]\nsealing_file = \"{sealing}\"\n[mail]\nfolder = \"{mail}\"\n\
         # What the passwords of many people at once cost is not looked at.\n\
         [password]\nmemory = \"64KiB\"\npasses = 1\nqueue = 1000\n",
        web = doors.web,
        stream = doors.stream_grpc,
        chat = doors.chat_grpc,
        signing = signing.display(),
        sealing = sealing.display(),
        mail = folder.join("mail").display(),
    ))
}

fn stream(folder: &Path, doors: &Doors) -> Result<String> {
    let (pepper, sealing) = (random(folder, "stream-key-pepper")?, random(folder, "stream-key-sealing")?);
    Ok(format!(
        "public_url = \"http://{web}\"\nrtmp_public_url = \"rtmp://{rtmp}/live\"\nrate_limits = false\n\
         key_pepper_file = \"{pepper}\"\nkey_sealing_file = \"{sealing}\"\n\
         jwks_url = \"http://{user}/.well-known/jwks.json\"\n[user]\nurl = \"http://{user_grpc}\"\n",
        web = doors.web,
        rtmp = doors.rtmp,
        user = doors.user,
        user_grpc = doors.user_grpc,
        pepper = pepper.display(),
        sealing = sealing.display(),
    ))
}

fn chat(doors: &Doors) -> String {
    format!(
        "public_url = \"http://{web}\"\nrate_limits = false\n\
         jwks_url = \"http://{user}/.well-known/jwks.json\"\n\
         [user]\nurl = \"http://{user_grpc}\"\n[stream]\nurl = \"http://{stream_grpc}\"\n\
         # Everybody is at one.\n[limits]\nmax_connections_per_address = 10000\n",
        web = doors.web,
        user = doors.user,
        user_grpc = doors.user_grpc,
        stream_grpc = doors.stream_grpc,
    )
}

fn ingest(doors: &Doors) -> String {
    // The source alone: two cores carry no ladder beside so many processes.
    format!(
        "rate_limits = false\nladder = []\ndrain = \"30s\"\nrewind_drain = \"30s\"\n\
         [stream]\nurl = \"http://{}\"\n",
        doors.stream_grpc
    )
}

fn web(folder: &Path, doors: &Doors) -> Result<String> {
    let sids = random(folder, "session-ids")?;
    Ok(format!(
        "public_url = \"http://{web}\"\nuser_url = \"http://{user}\"\nstream_url = \"http://{stream}\"\n\
         chat_ws_url = \"http://{chat}\"\nchat_url = \"http://{chat_rest}\"\nsid_key_file = \"{sids}\"\n",
        web = doors.web,
        user = doors.user,
        stream = doors.stream,
        chat = doors.chat,
        chat_rest = doors.chat_rest,
        sids = sids.display(),
    ))
}

impl Stores {
    fn kept(&self, database: &str) -> String {
        let Self { postgres_host: host, postgres_port: port, postgres_user: user, .. } = self;
        let postgres = format!(
            "[postgres]\nhost = \"{host}\"\nport = {port}\nuser = \"{user}\"\ndatabase = \"{database}\"\n"
        );
        postgres + &self.redis()
    }

    fn redis(&self) -> String {
        format!("[redis]\nurl = \"{}\"\n", self.redis)
    }
}

/// The keys of service tokens.
struct Trust(Vec<(&'static str, PathBuf, String)>);

impl Trust {
    fn make(folder: &Path) -> Result<Self> {
        let mut all = Vec::new();
        for (service, _) in CALLERS {
            let key = SigningKey::generate()?;
            let file = secret(folder, &format!("service-{service}.key"), &key.to_text())?;
            all.push((service, file, key.jwk().x));
        }
        Ok(Self(all))
    }

    fn of(&self, service: &str) -> Result<String> {
        let find = |name: &str| {
            let found = self.0.iter().find(|(service, ..)| *service == name);
            found.with_context(|| format!("{name} has no key"))
        };
        let (_, callers) = CALLERS.iter().find(|(name, _)| *name == service).context("a service")?;
        let mut text = format!("[trust]\nkey_file = \"{}\"\n[trust.peers]\n", find(service)?.1.display());
        for caller in callers.iter().copied() {
            text += &format!("{caller} = \"{}\"\n", find(caller)?.2);
        }
        Ok(text)
    }
}

/// The base64 of 32 bytes that nobody can guess.
fn random(folder: &Path, name: &str) -> Result<PathBuf> {
    let mut bytes = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    secret(folder, name, &STANDARD.encode(bytes))
}

fn secret(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let file = folder.join(name);
    fs::write(&file, text).with_context(|| file.display().to_string())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_is_told_where_its_peers_and_stores_are_and_whom_it_believes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let doors = Doors {
            user: at(1),
            user_grpc: at(2),
            stream: at(3),
            stream_grpc: at(4),
            chat: at(5),
            chat_rest: at(6),
            chat_grpc: at(7),
            rtmp: at(8),
            web: at(9),
        };
        let stores = Stores {
            postgres_host: "/x".into(),
            postgres_port: 5,
            postgres_user: "u".into(),
            databases: ["users", "streams", "chats"].map(str::to_owned),
            redis: "redis://y".into(),
        };
        let seen_by = |service: &str| match service {
            "web" => Doors { user: at(10), ..doors },
            _ => doors,
        };
        write(folder.path(), seen_by, &stores).unwrap();
        let text = |name: &str| fs::read_to_string(folder.path().join(format!("{name}.toml"))).unwrap();
        let has = |name: &str, wanted: &[&str]| {
            let text = text(name);
            wanted.iter().for_each(|line| assert!(text.contains(line), "{line} is not in {text}"));
        };
        has("user", &["[stream]\nurl = \"http://127.0.0.1:4\"", "database = \"users\"", "\nchat = \""]);
        has("web", &["user_url = \"http://127.0.0.1:10\""]);
        has("chat", &["jwks_url = \"http://127.0.0.1:1/"]);
        has("stream", &["[user]\nurl = \"http://127.0.0.1:2\"", "database = \"streams\"", "\ningest = \""]);
        has("chat", &["[stream]\nurl = \"http://127.0.0.1:4\"", "database = \"chats\"", "redis://y"]);
        has("ingest", &["[stream]\nurl = \"http://127.0.0.1:4\"", "[trust.peers]\nstream = \""]);
        has("web", &["chat_ws_url = \"http://127.0.0.1:5\"", "chat_url = \"http://127.0.0.1:6\"", "[redis]"]);
    }
}
