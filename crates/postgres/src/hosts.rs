//! Connections to whichever of several hosts takes writes: a primary and its standbys, any of which may be the primary tomorrow.
//!
//! A host that is away, says nothing or takes no writes is passed over, and the one that was good is asked first the next time. This is no
//! failover: who promotes a standby, and sees to it that the former primary takes no writes any more, is whoever operates the database.

use crate::renewal::Renewal;
use deadpool_postgres::Connect;
use std::{
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls, config::TargetSessionAttrs};

/// A client, and the task that drives its connection.
type Connected = (Client, JoinHandle<()>);

/// The hosts, in the order in which they are asked first.
#[derive(Debug)]
pub(crate) struct Hosts {
    /// Name and settings; never empty.
    each: Vec<(String, Config)>,
    /// Which one took the last connection.
    good: AtomicUsize,
    /// The longest that one is asked while there are others.
    patience: Duration,
    renewal: Renewal,
}

/// The names in a setting: `"a"`, `"a,b"`, `"/run/a, /run/b"`.
///
/// # Errors
/// One of them is empty.
pub(crate) fn names(setting: &str) -> Result<Vec<&str>, String> {
    let names: Vec<&str> = setting.split(',').map(str::trim).collect();
    if names.iter().any(|name| name.is_empty()) {
        return Err(format!(
            "host: a name in {setting:?} is empty; give one, or several with commas between"
        ));
    }
    Ok(names)
}

impl Hosts {
    /// `names`: see [`names`]. `all`: what all of them share. `acquire`: the longest that the pool waits for a connection.
    /// `renewal`: told when another host is the good one.
    pub(crate) fn new(names: &[&str], all: &Config, acquire: Duration, renewal: Renewal) -> Self {
        let patience = acquire / u32::try_from(names.len()).unwrap_or(u32::MAX).max(1);
        let of = |name: &&str| {
            let mut config = all.clone();
            config.host(*name).connect_timeout(patience).target_session_attrs(TargetSessionAttrs::ReadWrite);
            ((*name).to_owned(), config)
        };
        Self { each: names.iter().map(of).collect(), good: AtomicUsize::new(0), patience, renewal }
    }

    async fn reach_any(&self) -> Result<Connected, Error> {
        let (first, others) = (self.good.load(Relaxed), self.each.len().saturating_sub(1));
        for step in 0..others {
            let index = (first + step) % self.each.len();
            let why = match tokio::time::timeout(self.patience, self.reach(index)).await {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(e)) => reason(&e),
                Err(_) => format!("no answer in {:?}", self.patience),
            };
            tracing::debug!(host = %self.each[index].0, error = %why, "this host gives no connection");
        }
        // What is wrong with the last one the pool is told, which ends the wait for it.
        self.reach((first + others) % self.each.len()).await
    }

    async fn reach(&self, index: usize) -> Result<Connected, Error> {
        let ((name, config), asked) = (&self.each[index], Instant::now());
        let (client, connection) = config.connect(NoTls).await?;
        if self.good.swap(index, Relaxed) != index {
            tracing::warn!(host = %name, "another host of the database takes the writes");
            // What was made before leads to one that takes none.
            self.renewal.renew(asked);
        }
        let name = name.clone();
        let driven = tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::warn!(host = %name, error = %reason(&e), "a connection to the database broke");
            }
        });
        Ok((client, driven))
    }
}

impl Connect for Hosts {
    fn connect(&self, _: &Config) -> Pin<Box<dyn Future<Output = Result<Connected, Error>> + Send + '_>> {
        Box::pin(self.reach_any())
    }
}

/// An error with what caused it: "error connecting to server" alone says little.
pub(crate) fn reason(e: &Error) -> String {
    std::error::Error::source(e).map_or_else(|| e.to_string(), |source| format!("{e}: {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_or_several_with_commas_between_them_and_none_without_a_name() {
        assert_eq!(names("db.example"), Ok(vec!["db.example"]));
        assert_eq!(names("10.0.0.1,10.0.0.2, ::1"), Ok(vec!["10.0.0.1", "10.0.0.2", "::1"]));
        for wrong in ["", ",", "a,", "a,,b", " "] {
            assert!(names(wrong).is_err_and(|why| why.starts_with("host: ")), "{wrong:?}");
        }
    }

    #[test]
    fn all_hosts_together_are_asked_as_long_as_the_pool_waits_and_each_has_to_take_writes() {
        let mut all = Config::new();
        all.user("u");
        let hosts = Hosts::new(&["a", "/run/b", "c"], &all, Duration::from_secs(3), Renewal::new());
        assert_eq!(hosts.patience, Duration::from_secs(1));
        for (name, config) in &hosts.each {
            assert_eq!(config.get_hosts().len(), 1, "{name}");
            assert_eq!(config.get_user(), Some("u"));
            assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
            assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(1)));
        }
    }

    #[tokio::test]
    async fn when_all_are_away_the_error_is_that_of_the_last_one() {
        let hosts = Hosts::new(
            &["/nonexistent/a", "/nonexistent/b"],
            &Config::new(),
            Duration::from_secs(3),
            Renewal::new(),
        );
        let Err(error) = hosts.reach_any().await else { panic!("nobody is there") };
        assert!(error.code().is_none() && reason(&error).contains("No such file"), "{error}");
        assert_eq!(hosts.good.load(Relaxed), 0, "none of them is better than the others");
    }
}
