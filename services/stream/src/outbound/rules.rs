//! Which addresses may be asked: those of the public internet, but for what the operator's settings say.
//!
//! The tables are IANA's registries of special-purpose addresses as of 2025 (RFC 6890 and what came later), stricter where a block is
//! reserved for a protocol. An IPv6 address that stands for an IPv4 one is judged by that too.

use super::{Error, Url, Wrong};
use crate::config::Outbound;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use streamly_config::Network;
use url::Host;

/// Longest address.
const MAX_URL: usize = 2048;

/// A name that leads to this machine itself, as every name below it (RFC 6761, 6.3).
const LOCALHOST: &str = "localhost";
/// What is below this name leads nowhere (RFC 6761, 6.4).
const INVALID: &str = "invalid";

/// Networks of IPv4 that are not of the public internet.
pub(super) const IPV4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, "this network: RFC 791, 3.2; RFC 1122, 3.2.1.3"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private: RFC 1918"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared by a carrier's customers: RFC 6598"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback: RFC 1122, 3.2.1.3"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local, clouds' metadata: RFC 3927"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private: RFC 1918"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "protocol assignments: RFC 6890, 2.1"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation: RFC 5737"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6to4 relays, given up: RFC 7526"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private: RFC 1918"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarks: RFC 2544"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation: RFC 5737"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation: RFC 5737"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast: RFC 5771"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved: RFC 1112, 4; broadcast: RFC 919"),
];

/// What IANA gives out of IPv6 as global unicast, 2000::/3 (RFC 4291, 2.4): all else is something special, or nothing yet.
const IPV6_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Networks within that which are not of the public internet.
pub(super) const IPV6: &[(Ipv6Addr, u32, &str)] = &[
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        "protocol assignments, Teredo, ORCHID: RFC 2928, 4380, 7343",
    ),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "documentation: RFC 3849"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "documentation: RFC 9637"),
];

/// NAT64's well-known prefix (RFC 6052, 2.1), whose last 32 bits are an IPv4 address. Its local one, 64:ff9b:1::/48 (RFC 8215), is none.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
/// 6to4 (RFC 3056, 2), whose bits 16 to 48 are an IPv4 address.
const SIX_TO_FOUR: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16);

/// Whether an address is one of the public internet.
pub fn is_global(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !IPV4.iter().any(|(network, length, _)| in_v4(v4, *network, *length)),
        IpAddr::V6(v6) => {
            let inner = embedded(v6);
            let is_unicast = in_v6(v6, IPV6_UNICAST) || in_v6(v6, NAT64);
            is_unicast
                && !IPV6.iter().any(|(network, length, _)| in_v6(v6, (*network, *length)))
                && inner.is_none_or(|v4| is_global(v4.into()))
        }
    }
}

/// The IPv4 address that an IPv6 one leads to.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = v6.to_bits();
    let at = |shift: u32| Some(Ipv4Addr::from_bits((bits >> shift & u128::from(u32::MAX)) as u32));
    match v6 {
        _ if in_v6(v6, NAT64) => at(0),
        _ if in_v6(v6, SIX_TO_FOUR) => at(80),
        _ => None,
    }
}

fn in_v4(address: Ipv4Addr, network: Ipv4Addr, length: u32) -> bool {
    (address.to_bits() ^ network.to_bits()) >> (32 - length) == 0
}

fn in_v6(address: Ipv6Addr, (network, length): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()) >> (128 - length) == 0
}

/// The operator's word.
#[derive(Debug)]
pub(super) struct Rules {
    allow: Vec<Network>,
    refuse: Vec<Network>,
    https_only: bool,
    ports: Vec<u16>,
}

impl Rules {
    pub(super) fn new(config: &Outbound) -> Self {
        Self {
            allow: config.allow.clone(),
            refuse: config.refuse.clone(),
            https_only: config.https_only,
            ports: config.ports.clone(),
        }
    }

    /// Whether that address may be connected to.
    pub(super) fn permits(&self, address: IpAddr) -> bool {
        let is_in = |networks: &[Network]| networks.iter().any(|network| network.contains(address));
        if is_in(&self.refuse) {
            return false;
        }
        match address.to_canonical() {
            IpAddr::V6(v6) if embedded(v6).is_some() => {
                embedded(v6).is_some_and(|v4| self.permits(v4.into()))
            }
            _ => is_in(&self.allow) || is_global(address),
        }
    }

    pub(super) fn check(&self, url: &Url) -> Result<(), Error> {
        match url.scheme() {
            "https" => {}
            "http" if !self.https_only => {}
            _ if self.https_only => return Err(Error::Invalid(Wrong::NotHttps)),
            _ => return Err(Error::Invalid(Wrong::NotHttp)),
        }
        if url.as_str().len() > MAX_URL {
            return Err(Error::Invalid(Wrong::TooLong));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Invalid(Wrong::Credentials));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if port == 0 || !self.ports.is_empty() && !self.ports.contains(&port) {
            return Err(Error::Invalid(Wrong::Port));
        }
        let may_be = match url.host() {
            None | Some(Host::Domain("")) => return Err(Error::Invalid(Wrong::Unreadable)),
            Some(Host::Domain(name)) => self.may_lead_somewhere(name),
            Some(Host::Ipv4(v4)) => self.permits(v4.into()),
            Some(Host::Ipv6(v6)) => self.permits(v6.into()),
        };
        if may_be { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// Whether a name can lead to where is asked, without resolving it: of some it is known where they lead.
    fn may_lead_somewhere(&self, name: &str) -> bool {
        let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
        if last.eq_ignore_ascii_case(LOCALHOST) {
            return self.permits(Ipv4Addr::LOCALHOST.into()) || self.permits(Ipv6Addr::LOCALHOST.into());
        }
        !last.eq_ignore_ascii_case(INVALID)
    }
}
