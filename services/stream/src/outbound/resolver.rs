//! Names to addresses, of which only permitted ones come out: what connects sees no others.

use super::rules::Rules;
use futures_util::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task::{Context, Poll},
};

/// How a name is resolved.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// As the machine does it.
pub fn system() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// Why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("no address of the name is permitted")]
    Forbidden,
    #[error("the name has no address")]
    Unresolved(#[source] Option<io::Error>),
}

#[derive(Clone)]
pub(super) struct Guarded {
    lookup: Lookup,
    rules: Arc<Rules>,
}

impl Guarded {
    pub(super) fn new(lookup: Lookup, rules: Arc<Rules>) -> Self {
        Self { lookup, rules }
    }
}

impl tower::Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Refusal;
    type Future = BoxFuture<'static, Result<Self::Response, Refusal>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (found, rules) = ((self.lookup)(name.as_str().to_owned()), self.rules.clone());
        Box::pin(async move {
            let found = found.await.map_err(|e| Refusal::Unresolved(Some(e)))?;
            if found.is_empty() {
                return Err(Refusal::Unresolved(None));
            }
            let permitted: Vec<_> = found
                .into_iter()
                .filter(|address| rules.permits(*address))
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if permitted.is_empty() { Err(Refusal::Forbidden) } else { Ok(permitted.into_iter()) }
        })
    }
}
