//! Where the services are, and who asks them: `STREAMLY_CTL__STREAM__URL` and so on.
//!
//! A value that parses but cannot be used is found by [`Config::identity`], all of them at once and before anybody is asked.

use serde::{Deserialize, Serialize};
use streamly_config::{Error, Network, Problem};
use streamly_rpc::{Identity, PeerConfig, TrustConfig, address};
use tonic::transport::Uri;

/// The name under which services know this program.
const OPERATOR: &str = "operator";
/// Loopback, and what RFC 1918 and RFC 4193 keep private.
const PRIVATE: [&str; 6] =
    ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];

/// All settings.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The operator's private key; the services have its public half as `trust.peers.operator`. Whom it trusts does not matter: nobody
    /// calls this program.
    pub trust: TrustConfig,
    /// The stream service's gRPC. Default http://127.0.0.1:9082. Its deadline counts for ingest nodes and web, too.
    pub stream: PeerConfig,
    /// The user service's gRPC, for its health alone. Default: none, it is not asked.
    pub user: Option<PeerConfig>,
    /// The chat service's gRPC, for its health alone. Default: none, it is not asked.
    pub chat: Option<PeerConfig>,
    /// Where web says whether it is ready: `http://web:3000/health`. Default: none, it is not asked.
    pub web: Option<String>,
    /// Networks of the ingest nodes: a node that says it is elsewhere is not called. Default: loopback and the private ones.
    pub nodes_allow: Vec<Network>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            trust: TrustConfig::default(),
            stream: PeerConfig::at("http://127.0.0.1:9082"),
            user: None,
            chat: None,
            web: None,
            nodes_allow: PRIVATE.map(|network| network.parse().expect("each of these is a network")).to_vec(),
        }
    }
}

impl Config {
    /// Who asks. Errors: everything that is wrong with the settings.
    pub(crate) fn identity(&self) -> Result<Identity, Error> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, detail: String| problems.push(Problem { key: key.into(), detail });
        let peers =
            [("stream", Some(&self.stream)), ("user", self.user.as_ref()), ("chat", self.chat.as_ref())];
        for (name, peer) in peers {
            if let Some(peer) = peer.filter(|peer| !address::is_http(&peer.url)) {
                let detail = format!("{:?} is no http URL with a host alone", peer.url);
                wrong(&format!("{name}.url"), detail);
            }
        }
        if let Some(url) = self.web.as_ref().filter(|url| !is_page(url)) {
            wrong("web", format!("{url:?} is no http URL with a host"));
        }
        let identity = self.trust.identity(OPERATOR).map_err(|detail| wrong("trust", detail));
        match identity {
            Ok(identity) if problems.is_empty() => Ok(identity),
            _ => Err(Error { service: "ctl".into(), problems }),
        }
    }
}

/// Whether the text is a plain `http://` URL with a host and without somebody's name in it.
fn is_page(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| {
        let named = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        uri.scheme_str() == Some("http") && !named && uri.host().is_some_and(|host| !host.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use streamly_auth::SigningKey;

    fn load(pairs: &[(&str, &str)]) -> Result<Config, Error> {
        let named = |(name, value): &(&str, &str)| (format!("STREAMLY_CTL__{name}"), (*value).to_owned());
        let env: BTreeMap<_, _> = pairs.iter().map(named).collect();
        streamly_config::load("ctl", None, &env)
    }

    #[test]
    fn the_environment_names_services_networks_and_the_key() {
        let key = SigningKey::generate().unwrap().to_text();
        let config = load(&[
            ("TRUST__KEY", key.as_str()),
            ("STREAM__URL", "http://stream:9082"),
            ("STREAM__DEADLINE", "5s"),
            ("USER__URL", "http://user:9080"),
            ("WEB", "http://web:3000/health"),
            ("NODES_ALLOW", r#"["10.1.0.0/16"]"#),
        ])
        .unwrap();
        assert_eq!((config.stream.url.as_str(), config.stream.deadline.as_secs()), ("http://stream:9082", 5));
        assert!(config.user.is_some() && config.chat.is_none());
        assert_eq!(config.nodes_allow, ["10.1.0.0/16".parse::<Network>().unwrap()]);
        config.identity().expect("a key and good addresses");
        assert!(load(&[("STREEM__URL", "http://stream:9082")]).is_err(), "a name that is mistyped");
    }

    #[test]
    fn all_problems_are_named_at_once_and_no_key_is_no_identity() {
        let wrong = Config {
            stream: PeerConfig::at("https://stream:9082"),
            user: Some(PeerConfig::at("user:9080")),
            chat: Some(PeerConfig::at("http://chat:9084")),
            web: Some("web:5000".into()),
            ..Config::default()
        };
        let keys: Vec<_> = wrong.identity().unwrap_err().problems.into_iter().map(|p| p.key).collect();
        assert_eq!(keys, ["stream.url", "user.url", "web", "trust"]);
    }

    #[test]
    fn nodes_are_in_private_networks_if_nothing_else_is_said() {
        let allow = Config::default().nodes_allow;
        assert!(address::allowed("http://10.0.0.5:9000", &allow));
        assert!(!address::allowed("http://169.254.169.254:80", &allow));
    }

    #[test]
    fn a_page_has_a_host_and_may_have_a_path() {
        assert!(is_page("http://web:3000/health"));
        for bad in
            ["", "web", "web:5000", "http://", "http://:8000", "https://web", "http://u@web", "http://a b"]
        {
            assert!(!is_page(bad), "{bad}");
        }
    }
}
