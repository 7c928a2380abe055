//! A real mail server for one test: aiosmtpd (Debian's `python3-aiosmtpd`) on a free port of loopback, with TLS and a login where asked.
//!
//! It keeps what it took; [`SmtpServer::mail`] waits for it. It ends on drop, and by itself when the test process does.

use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader, Lines},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Longest wait for a mail.
const PATIENCE: Duration = Duration::from_secs(20);
const SERVER: &str = include_str!("smtp.py");

/// How it is to behave.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Certificate chain and key, PEM files: STARTTLS is then demanded.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// User name and password: a login is then demanded.
    pub login: Option<(String, String)>,
    /// So many mails are refused for now (451) before the first is taken.
    pub refuse: u32,
    /// The port; 0 takes a free one.
    pub port: u16,
}

/// What it took.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Of the envelope.
    pub from: String,
    /// Of the envelope.
    pub to: Vec<String>,
    /// The header, decoded.
    pub subject: String,
    /// The text, decoded.
    pub text: String,
    /// All of it as it came.
    pub raw: String,
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// Who had signed in.
    pub login: String,
}

/// A running server.
#[derive(Debug)]
pub struct SmtpServer {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    child: Child,
    taken: Arc<Mutex<Vec<Mail>>>,
}

impl SmtpServer {
    /// Takes every mail.
    pub fn start() -> Result<Self> {
        Self::with(&Options::default())
    }

    /// As asked.
    pub fn with(options: &Options) -> Result<Self> {
        let path = |p: &PathBuf| p.display().to_string();
        let (cert, key) = options.tls.as_ref().map_or_else(Default::default, |(c, k)| (path(c), path(k)));
        let (user, password) = options.login.clone().unwrap_or_default();
        let mut child = Command::new("/usr/bin/python3")
            .args(["-u", "-c", SERVER, &options.port.to_string(), &cert, &key, &user, &password])
            .arg(options.refuse.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("python3 is not there")?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let first = lines.next().context("the mail server did not start: is python3-aiosmtpd there?")??;
        let port = first.parse().with_context(|| format!("no port: {first}"))?;
        let taken = Arc::<Mutex<Vec<Mail>>>::default();
        let into = taken.clone();
        std::thread::spawn(move || keep(lines, &into));
        Ok(Self { port, child, taken })
    }

    /// All that it took until now.
    pub fn taken(&self) -> Vec<Mail> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest mail to somebody whose subject has this in it; waits for one. Blocks: for use in a blocking task.
    pub fn mail(&self, to: &str, subject: &str) -> Result<Mail> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let mut fit = self.taken().into_iter().rev();
            if let Some(mail) = fit.find(|m| m.to.iter().any(|t| t == to) && m.subject.contains(subject)) {
                return Ok(mail);
            }
            if Instant::now() > give_up {
                bail!("no mail \"{subject}\" to {to}: {:?}", self.taken());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One line a mail, its fields in hex.
fn keep(lines: Lines<BufReader<ChildStdout>>, into: &Mutex<Vec<Mail>>) {
    for line in lines.map_while(Result::ok) {
        let mut fields = line.split(' ').map(text);
        let mut next = || fields.next().unwrap_or_default();
        let mail = Mail {
            from: next(),
            to: next().split(',').map(Into::into).collect(),
            subject: next(),
            text: next(),
            raw: next(),
            tls: next() == "tls",
            login: next(),
        };
        into.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
    }
}

fn text(hex: &str) -> String {
    let bytes = hex.as_bytes().chunks_exact(2).filter_map(|pair| {
        let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
        Some(digit(pair[0])? << 4 | digit(pair[1])?)
    });
    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
}
