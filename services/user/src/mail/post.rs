//! How a mail leaves: by SMTP (`lettre`), as a file in a folder, or not at all, when it waits in the table for an admin's eyes.
//!
//! One mail a call. A failure says why without the text of the mail; whether and when to try again is `delivery`'s.

use crate::config::{MailConfig, Tls};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Body, Mailbox,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls as Encryption, TlsParameters},
    },
};
use std::{
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use streamly_config::Secret;
use streamly_domain::Language;
use uuid::Uuid;

/// Longest line, characters (RFC 5322 §2.1.1).
const LINE_MAX: usize = 998;

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The server refused, or was not reached.
    #[error("{0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The mail could not be put together.
    #[error("{0}")]
    Message(#[from] lettre::error::Error),
    /// The recipient is no address.
    #[error("{0}")]
    Address(#[from] lettre::address::AddressError),
    /// The folder cannot be written.
    #[error("the folder of mails: {0}")]
    Folder(#[from] std::io::Error),
}

enum Way {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Folder(PathBuf),
    Shelf,
}

/// The way out.
pub(crate) struct Post {
    way: Way,
    from: Mailbox,
}

/// A mail that is due.
pub(crate) struct Parcel {
    pub(crate) id: Uuid,
    pub(crate) created_at: SystemTime,
    pub(crate) to: String,
    pub(crate) kind: String,
    /// Of subject and text (RFC 3282).
    pub(crate) language: Language,
    pub(crate) subject: String,
    pub(crate) text: String,
    /// Switches mails of this kind off; named in the header, too.
    pub(crate) stop_url: Option<String>,
}

/// The sender of a configuration.
pub(crate) fn sender(from: &str) -> Result<Mailbox, String> {
    from.parse().map_err(|_| "not an address, nor \"Name <address>\"".to_owned())
}

impl Post {
    /// Of a configuration; connects to nothing. Errors: a certificate or a folder that cannot be used.
    pub(crate) fn new(config: &MailConfig, password: Option<&Secret>) -> Result<Self, String> {
        let from = sender(&config.from)?;
        let smtp = &config.smtp;
        let way = match (&*smtp.host, &config.folder) {
            ("", None) => Way::Shelf,
            ("", Some(folder)) => {
                std::fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(folder)
                    .map_err(|e| format!("mail.folder {}: {e}", folder.display()))?;
                Way::Folder(folder.clone())
            }
            (host, _) => {
                let parameters = || {
                    let mut parameters = TlsParameters::builder(host.to_owned());
                    if let Some(path) = &smtp.ca_file {
                        let pem = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
                        let authority = Certificate::from_pem(&pem).map_err(|e| e.to_string())?;
                        parameters = parameters.add_root_certificate(authority);
                    }
                    parameters.build_rustls().map_err(|e| e.to_string())
                };
                let encryption = match smtp.tls {
                    Tls::Starttls => Encryption::Required(parameters()?),
                    Tls::Implicit => Encryption::Wrapper(parameters()?),
                    Tls::Off => Encryption::None,
                };
                let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
                    .port(smtp.port())
                    .tls(encryption)
                    .timeout(Some(smtp.timeout.get()))
                    .pool_config(PoolConfig::new().max_size(1));
                if let Some(password) = password {
                    let login = Credentials::new(smtp.username.clone(), password.expose().to_owned());
                    transport = transport.credentials(login);
                }
                Way::Smtp(Box::new(transport.build()))
            }
        };
        Ok(Self { way, from })
    }

    /// Whether who has sent a mail keeps no copy: the recipient has it.
    pub(crate) fn delivers(&self) -> bool {
        matches!(self.way, Way::Smtp(_))
    }

    /// Sends one. Errors: it was not taken, as far as is known.
    pub(crate) async fn send(&self, parcel: Parcel) -> Result<(), Error> {
        let domain = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, parcel.to.parse()?))
            .subject(parcel.subject)
            .message_id(Some(format!("<{}@{domain}>", parcel.id)))
            .date(parcel.created_at)
            .header(ContentType::TEXT_PLAIN)
            .body(body(parcel.text, matches!(self.way, Way::Folder(_))))?;
        let name = HeaderName::new_from_ascii_str("Content-Language");
        message.headers_mut().insert_raw(HeaderValue::new(name, parcel.language.tag().into()));
        // No out-of-office answers, please (RFC 3834).
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(name, "auto-generated".into()));
        if let Some(url) = parcel.stop_url {
            // RFC 2369 and RFC 8058: a mail program's own button.
            for (name, value) in [
                ("List-Unsubscribe", format!("<{url}>")),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
            ] {
                let name = HeaderName::new_from_ascii_str(name);
                message.headers_mut().insert_raw(HeaderValue::dangerous_new_pre_encoded(
                    name,
                    value.clone(),
                    value,
                ));
            }
        }
        match &self.way {
            Way::Smtp(transport) => drop(transport.send(message).await?),
            Way::Folder(folder) => {
                let name = format!("{}-{}", parcel.kind, parcel.id);
                let (folder, bytes) = (folder.clone(), message.formatted());
                let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes));
                written.await.map_err(std::io::Error::other)??;
            }
            Way::Shelf => {}
        }
        Ok(())
    }

    /// Removes files of the folder that are older; how many.
    pub(crate) async fn forget(&self, older: Duration) -> Result<u64, Error> {
        let Way::Folder(folder) = &self.way else { return Ok(0) };
        let folder = folder.clone();
        Ok(tokio::task::spawn_blocking(move || remove(&folder, older))
            .await
            .map_err(std::io::Error::other)??)
    }
}

/// Plain wherever RFC 5322 allows, and in a file other letters than ASCII's as well (RFC 6152), since no server on the way could refuse them:
/// a link that is broken by an encoding cannot be copied out of a file.
fn body(text: String, file: bool) -> Body {
    let short = text.lines().all(|line| line.len() <= LINE_MAX) && !text.contains(['\0', '\r']);
    let encoding = match (short, text.is_ascii(), file) {
        (true, true, _) => ContentTransferEncoding::SevenBit,
        (true, false, true) => ContentTransferEncoding::EightBit,
        _ => return Body::new(text),
    };
    Body::dangerous_pre_encoded(text.replace('\n', "\r\n").into_bytes(), encoding)
}

/// Whole or not at all, and for nobody else's eyes.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(bytes)?;
    std::fs::rename(part, folder.join(format!("{name}.eml")))
}

fn remove(folder: &Path, older: Duration) -> std::io::Result<u64> {
    let mut removed = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let ours = entry.path().extension().is_some_and(|e| e == "eml");
        if ours && entry.metadata()?.modified()?.elapsed().is_ok_and(|age| age > older) {
            std::fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}
