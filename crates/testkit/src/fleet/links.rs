//! Ways between two services of a fleet on which a proxy stands, so that they can be cut: all instances of the one lose the other, and nobody
//! else does.
//!
//! A service finds the other where its settings say, so a way is there from the start or not at all ([`super::Fleet::start_linked`]).

use super::settings::Doors;
use crate::toxic::Proxy;
use anyhow::Result;

/// See the module's head.
#[derive(Debug)]
pub struct Links {
    /// From ingest to stream's gRPC: permits and leases.
    pub ingest_stream: Proxy,
    /// From web to user's HTTP: accounts and who signs in.
    pub web_user: Proxy,
    doors: Doors,
}

impl Links {
    /// Proxies that pass everything on, to those doors.
    pub(super) async fn open(doors: Doors) -> Result<Self> {
        let ingest_stream = Proxy::to_tcp(doors.stream_grpc).await?;
        let web_user = Proxy::to_tcp(doors.user).await?;
        Ok(Self { ingest_stream, web_user, doors })
    }

    /// Where a service is told that the others are.
    pub(super) fn seen_by(&self, service: &str) -> Doors {
        match service {
            "ingest" => Doors { stream_grpc: self.ingest_stream.address(), ..self.doors },
            "web" => Doors { user: self.web_user.address(), ..self.doors },
            _ => self.doors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    #[tokio::test]
    async fn only_those_at_the_ends_of_a_way_are_told_of_its_proxy() {
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
        let links = Links::open(doors).await.unwrap();
        let (ingest, web, chat) = (links.seen_by("ingest"), links.seen_by("web"), links.seen_by("chat"));
        assert_eq!((ingest.stream_grpc, ingest.user), (links.ingest_stream.address(), at(1)));
        assert_eq!((web.stream_grpc, web.user), (at(4), links.web_user.address()));
        assert_eq!((chat.stream_grpc, chat.user), (at(4), at(1)));
    }
}
