//! An ingest node that is called itself, where it says that it is and if it may be there.
//!
//! Each call has one attempt: whoever watches a node asks again anyway, and whoever asks for its health wants to know of the first one.

use crate::{
    config::Config,
    error::{Asked, Error, root},
    text,
};
use streamly_config::Duration;
use streamly_proto::{
    ingest::v1::{DrainRequest, ListBroadcastsRequest, ingest_service_client::IngestServiceClient},
    stream::v1::IngestNode,
};
use streamly_rpc::{Identity, Peer, PeerConfig, Transport, address};
use tonic::{Response, Status};

/// One node.
pub(crate) struct Node {
    asked: Asked,
    peer: Peer,
}

impl Node {
    /// The node that `stream` tells of; connects at the first call. Errors: it has told no address, or one where no node may be.
    pub(crate) fn new(
        told: &IngestNode,
        config: &Config,
        deadline: Duration,
        identity: Identity,
    ) -> Result<Self, Error> {
        let (node, url) = (text::said(&told.node_id), text::said(&told.grpc_url));
        if told.grpc_url.is_empty() {
            return Err(Error::NoAddress { node });
        }
        if !address::allowed(&told.grpc_url, &config.nodes_allow) {
            return Err(Error::Outside { node, url });
        }
        let asked = Asked { name: node, url, hint: "is it there, and may this program reach it?" };
        let at = PeerConfig { url: told.grpc_url.clone(), deadline, attempts: 1 };
        match Peer::new(at, "ingest", identity) {
            Ok(peer) => Ok(Self { asked, peer }),
            Err(e) => Err(Error::NotThere { said: root(&e), asked }),
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.asked.name
    }

    /// Its connection.
    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    async fn ask<T, F, Fut>(&self, make: F) -> Result<T, Error>
    where
        F: FnMut(Transport) -> Fut,
        Fut: Future<Output = Result<Response<T>, Status>>,
    {
        self.peer.call(make).await.map_err(|status| Error::of(&self.asked, &status))
    }

    /// Lets it take no new publisher. How many broadcasts it has.
    pub(crate) async fn drain(&self) -> Result<usize, Error> {
        let drain = |t: Transport| async move { IngestServiceClient::new(t).drain(DrainRequest {}).await };
        Ok(usize::try_from(self.ask(drain).await?.running).unwrap_or(usize::MAX))
    }

    /// How many broadcasts it has.
    pub(crate) async fn broadcasts(&self) -> Result<usize, Error> {
        let list = |t: Transport| async move {
            IngestServiceClient::new(t).list_broadcasts(ListBroadcastsRequest {}).await
        };
        Ok(self.ask(list).await?.broadcasts.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_auth::SigningKey;

    fn node(grpc_url: &str) -> Result<Node, Error> {
        let told = IngestNode { node_id: "ingest-1".into(), grpc_url: grpc_url.into(), ..Default::default() };
        let identity = Identity::new("operator", SigningKey::generate().unwrap());
        Node::new(&told, &Config::default(), Duration::from_secs(1), identity)
    }

    #[tokio::test]
    async fn a_node_is_called_only_where_it_says_it_is_and_nodes_may_be() {
        assert_eq!(node("http://10.0.0.5:9000").map(|node| node.name().to_owned()).unwrap(), "ingest-1");
        assert!(matches!(node(""), Err(Error::NoAddress { .. })));
        for elsewhere in ["http://169.254.169.254:80", "http://stream:9082", "http://10.0.0.5"] {
            assert!(matches!(node(elsewhere), Err(Error::Outside { .. })), "{elsewhere}");
        }
    }
}
