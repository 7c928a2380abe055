//! A service as a program of its own: configuration, logs, listeners, serving until the stop, an exit status of sysexits.h.
//!
//! What a service adds is its `Service`: how its settings become bound listeners, and how these serve. Nothing has been started where
//! [`StartError`] is said, and it goes to stderr as plain text for the person who starts the program.

use crate::BindError;
use serde::de::DeserializeOwned;
use std::{error::Error, fmt::Display, io, process::ExitCode};
use streamly_config::{EXIT_CONFIG, EXIT_UNAVAILABLE};
use streamly_lifecycle::{Shutdown, raise_file_limit, until_stopped};
use streamly_telemetry::Format;

/// Why a service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings with their keys, all that are wrong.
    #[error(transparent)]
    Config(#[from] streamly_config::Error),
    /// Settings that each parse and cannot be used; all of them, each named in its sentence.
    #[error("the configuration of {service} cannot be used:{}", lines(problems))]
    Settings {
        /// Whose.
        service: &'static str,
        /// At least one.
        problems: Vec<String>,
    },
    /// A listener could not be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A bound listener does not tell its address or take its options.
    #[error("a listener's socket")]
    Socket(#[source] io::Error),
    /// Something that the service cannot be without does not work on this machine.
    #[error("{what} does not work: {why}")]
    Broken {
        /// What.
        what: &'static str,
        /// What it said.
        why: String,
    },
}

fn lines(problems: &[String]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

impl StartError {
    /// The process's exit status.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Settings { .. } => EXIT_CONFIG,
            Self::Bind(_) | Self::Socket(_) | Self::Broken { .. } => EXIT_UNAVAILABLE,
        }
    }
}

/// A service's program.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// The service's name, as in its settings.
    pub name: &'static str,
    /// Exit status when it ends in an error after its start.
    pub failed: u8,
}

impl Program {
    /// Runs the service until its stop: `bind` takes the settings to bound listeners, `serve` serves.
    pub async fn run<C, S, F, E>(
        self,
        bind: impl FnOnce(C) -> Result<S, StartError>,
        serve: impl FnOnce(S, Shutdown) -> F,
    ) -> ExitCode
    where
        C: DeserializeOwned,
        F: Future<Output = Result<(), E>>,
        E: Display,
    {
        let config = match streamly_config::from_process(self.name) {
            Ok(config) => config,
            Err(e) => return self.fail(EXIT_CONFIG, &e.to_string()),
        };
        if let Err(e) = streamly_telemetry::init("info", Format::Auto) {
            return self.fail(self.failed, &chain(&e));
        }
        raise_file_limit();
        let service = match bind(config) {
            Ok(service) => service,
            Err(e) => return self.fail(e.exit_code(), &chain(&e)),
        };
        let shutdown = Shutdown::new();
        // On the heap: a service's future is large.
        match Box::pin(until_stopped(&shutdown, serve(service, shutdown.clone()))).await {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(e)) => self.fail(self.failed, &format!("{e:#}")),
            Err(e) => self.fail(self.failed, &format!("signals cannot be waited for: {e}")),
        }
    }

    #[allow(clippy::print_stderr, reason = "said to the person who starts the program")]
    fn fail(self, code: u8, why: &str) -> ExitCode {
        eprintln!("streamly-{}: {why}", self.name);
        ExitCode::from(code)
    }
}

/// An error and its causes on one line.
fn chain(e: &dyn Error) -> String {
    let (mut text, mut cause) = (e.to_string(), e.source());
    while let Some(e) = cause {
        text.push_str(&format!(": {e}"));
        cause = e.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::StartError;

    #[test]
    fn all_problems_are_said_and_what_a_person_can_change_has_the_status_of_wrong_use() {
        let problems = vec!["a.b: too small".to_owned(), "c is needed".to_owned()];
        let error = StartError::Settings { service: "chat", problems };
        assert_eq!(
            error.to_string(),
            "the configuration of chat cannot be used:\n  a.b: too small\n  c is needed"
        );
        assert_eq!(error.exit_code(), 64);
        let broken = StartError::Broken { what: "password hashing", why: "no random bytes".into() };
        assert_eq!(
            (broken.to_string().as_str(), broken.exit_code()),
            ("password hashing does not work: no random bytes", 69)
        );
        assert_eq!(StartError::Socket(std::io::Error::other("x")).exit_code(), 69);
    }
}
