//! What a person can set from outside (CONTRACT): data folder, port offset, public URL, rate limits. Parsed once, all problems at once.

use crate::Failure;
use std::{collections::BTreeMap, path::PathBuf};
use streamly_config::{EXIT_CONFIG, Error, Problem};

/// Port of each public listener without the offset.
pub(crate) const WEB: u16 = 3000;
pub(crate) const USER: u16 = 8080;
pub(crate) const STREAM: u16 = 8082;
pub(crate) const CHAT: u16 = 8084;
pub(crate) const INGEST: u16 = 8000;
pub(crate) const RTMP: u16 = 1935;
pub(crate) const RTMPS: u16 = 1936;
/// gRPC, admin and (for chat) REST listen at HTTP plus this.
pub(crate) const GRPC: u16 = 1000;
pub(crate) const ADMIN: u16 = 2000;
pub(crate) const REST: u16 = 3000;

/// The launcher's environment, parsed.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) data: PathBuf,
    pub(crate) offset: u16,
    /// Without a trailing slash.
    pub(crate) public_url: String,
    pub(crate) rate_limits: bool,
    /// Variables `STREAMLY_{SERVICE}__…`, handed on to the services.
    pub(crate) env: BTreeMap<String, String>,
}

impl Settings {
    pub(crate) fn from_env(env: BTreeMap<String, String>) -> Result<Self, Failure> {
        let mut problems = Vec::new();
        let mut wrong =
            |key: &str, detail: &str| problems.push(Problem { key: key.into(), detail: detail.into() });
        let offset = match env.get("STREAMLY_PORT_OFFSET").map_or(Ok(0), |v| v.parse::<u16>()) {
            Ok(n) if n <= 900 && n % 100 == 0 => n,
            _ => {
                wrong("STREAMLY_PORT_OFFSET", "must be a multiple of 100 from 0 to 900");
                0
            }
        };
        let public_url = match env.get("STREAMLY_PUBLIC_URL").map(|u| u.trim_end_matches('/')) {
            None | Some("") => format!("http://localhost:{}", WEB + offset),
            Some(url) => {
                if !reqwest::Url::parse(url)
                    .is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host() && u.path() == "/")
                {
                    wrong("STREAMLY_PUBLIC_URL", "must be http(s)://host[:port] without a path");
                }
                url.to_owned()
            }
        };
        let rate_limits = match env.get("STREAMLY_RATE_LIMITS").map_or("on", String::as_str) {
            "on" => true,
            "off" => false,
            _ => {
                wrong("STREAMLY_RATE_LIMITS", "must be on or off");
                true
            }
        };
        let data = PathBuf::from(env.get("STREAMLY_DATA_DIR").map_or("./data", String::as_str));
        if problems.is_empty() {
            Ok(Self { data, offset, public_url, rate_limits, env })
        } else {
            Err(Failure::new(EXIT_CONFIG, Error { service: "streamly".into(), problems }))
        }
    }

    /// A port with the offset.
    pub(crate) fn port(&self, base: u16) -> u16 {
        base + self.offset
    }

    /// The host people type, IPv6 in brackets.
    pub(crate) fn public_host(&self) -> String {
        reqwest::Url::parse(&self.public_url)
            .ok()
            .and_then(|u| u.host_str().map(str::to_owned))
            .unwrap_or_else(|| "localhost".into())
    }

    /// The same by RTMPS, whose port has always to be named.
    pub(crate) fn rtmps_url(&self) -> String {
        format!("rtmps://{}:{}/live", self.public_host(), self.port(RTMPS))
    }

    /// `rtmp://host:port/live`: what OBS calls "Server".
    pub(crate) fn rtmp_url(&self) -> String {
        let host = self.public_host();
        match self.port(RTMP) {
            1935 => format!("rtmp://{host}/live"),
            port => format!("rtmp://{host}:{port}/live"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    fn env(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_offset_moves_every_address() {
        let s = Settings::from_env(env(&[("STREAMLY_PORT_OFFSET", "300")])).unwrap();
        assert_eq!(
            (s.public_url.as_str(), s.rtmp_url().as_str(), s.rtmps_url().as_str()),
            ("http://localhost:3300", "rtmp://localhost:2235/live", "rtmps://localhost:2236/live")
        );
    }

    #[test]
    fn all_wrong_settings_are_named_at_once() {
        let wrong = [
            ("STREAMLY_PORT_OFFSET", "50"),
            ("STREAMLY_PUBLIC_URL", "ftp://x"),
            ("STREAMLY_RATE_LIMITS", "perhaps"),
        ];
        let failure = Settings::from_env(env(&wrong)).unwrap_err();
        let text = format!("{:#}", failure.cause);
        assert!(wrong.iter().all(|(name, _)| text.contains(name)), "{text}");
        assert_eq!(failure.exit_code, 64);
    }
}
