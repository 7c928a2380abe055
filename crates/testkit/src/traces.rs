//! A real receiver of traces for one test: OTLP by gRPC, as a collector has it, on a port of loopback.
//!
//! It keeps what it took; [`TraceReceiver::until`] waits for it. After [`TraceReceiver::stop`] nothing listens there, and another one may be
//! started on the same port.

use anyhow::{Context, Result};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{
        ResourceSpans,
        span::{Link, SpanKind},
        status::StatusCode,
    },
};
use std::{collections::BTreeMap, fmt::Write, net::SocketAddr, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
    task::JoinHandle,
};
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

/// Longest wait for what is to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A span as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Of the resource: `service.name`.
    pub service: String,
    /// Of the resource: `service.version`.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Whether it is a call that came in.
    pub is_server: bool,
    /// Whether it is a call of something else.
    pub is_client: bool,
    /// Whether it tells others of something without waiting for them.
    pub is_producer: bool,
    /// Whether it is what is done about that.
    pub is_consumer: bool,
    /// Hexadecimal.
    pub trace: String,
    /// Hexadecimal.
    pub id: String,
    /// Hexadecimal; empty: it is a trace's first.
    pub parent: String,
    /// Spans of other traces that have to do with it: trace and id, hexadecimal.
    pub links: Vec<(String, String)>,
    /// Whether its status is an error.
    pub failed: bool,
    /// Its attributes, numbers as their text.
    pub attributes: BTreeMap<String, String>,
    /// All that came of it, to look for what must not be there.
    pub raw: String,
}

impl Seen {
    /// An attribute; empty where there is none.
    pub fn attribute(&self, key: &str) -> &str {
        self.attributes.get(key).map_or("", String::as_str)
    }
}

/// A running receiver.
#[derive(Debug)]
pub struct TraceReceiver {
    address: SocketAddr,
    seen: watch::Receiver<Vec<Seen>>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl TraceReceiver {
    /// On a free port.
    pub async fn start() -> Result<Self> {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// At that address. Errors: it is taken.
    pub async fn at(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| format!("{address}"))?;
        let address = listener.local_addr()?;
        let (told, seen) = watch::channel(Vec::new());
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Server::builder().add_service(TraceServiceServer::new(Taking(told)));
        let serving =
            tokio::spawn(server.serve_with_incoming_shutdown(TcpIncoming::from(listener), async move {
                // Also when the receiver is dropped.
                let _ = stopped.await;
            }));
        Ok(Self { address, seen, stop, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a setting has it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came by now.
    pub fn spans(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// Waits until what came is as wanted. Errors: it never is; with the names of what came.
    pub async fn until(&self, what: &str, wanted: impl Fn(&[Seen]) -> bool) -> Result<Vec<Seen>> {
        let mut seen = self.seen.clone();
        let came = tokio::time::timeout(PATIENCE, seen.wait_for(|all| wanted(all))).await;
        match came {
            Ok(all) => Ok(all.context("the receiver has ended")?.to_vec()),
            Err(_) => {
                let spans = self.spans();
                let names: Vec<_> =
                    spans.iter().map(|span| (span.service.as_str(), span.name.as_str())).collect();
                anyhow::bail!("never: {what}; there came {names:?}")
            }
        }
    }

    /// Ends it; the port is free then.
    pub async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.serving.await??;
        Ok(())
    }
}

struct Taking(watch::Sender<Vec<Seen>>);

#[tonic::async_trait]
impl TraceService for Taking {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let came: Vec<Seen> = request.into_inner().resource_spans.into_iter().flat_map(of_resource).collect();
        self.0.send_modify(|seen| seen.extend(came));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn of_resource(one: ResourceSpans) -> Vec<Seen> {
    let resource = texts(one.resource.map(|resource| resource.attributes).unwrap_or_default());
    let of_it = |key: &str| resource.get(key).cloned().unwrap_or_default();
    let spans = one.scope_spans.into_iter().flat_map(|scope| scope.spans);
    spans
        .map(|span| Seen {
            raw: format!("{span:?}"),
            service: of_it("service.name"),
            version: of_it("service.version"),
            name: span.name,
            is_server: span.kind == SpanKind::Server as i32,
            is_client: span.kind == SpanKind::Client as i32,
            is_producer: span.kind == SpanKind::Producer as i32,
            is_consumer: span.kind == SpanKind::Consumer as i32,
            trace: hexadecimal(&span.trace_id),
            id: hexadecimal(&span.span_id),
            parent: hexadecimal(&span.parent_span_id),
            links: span.links.iter().map(linked).collect(),
            failed: span.status.is_some_and(|status| status.code == StatusCode::Error as i32),
            attributes: texts(span.attributes),
        })
        .collect()
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    attributes.into_iter().map(|one| (one.key, text_of(one.value))).collect()
}

fn text_of(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

fn linked(link: &Link) -> (String, String) {
    (hexadecimal(&link.trace_id), hexadecimal(&link.span_id))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
