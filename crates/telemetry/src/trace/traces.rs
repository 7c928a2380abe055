//! The traces of one service: begins spans for calls that come in, and has them sent.
//!
//! Several services in one process have one each, with their own names. Nothing is global: nothing of another service or test is touched.

use super::{context::Parent, line, slow::Slow, span::Span};
use crate::TracingConfig;
use opentelemetry::{
    Context, KeyValue,
    trace::{SpanKind, TracerProvider},
};
use opentelemetry_otlp::{ExporterBuildError, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracer, SdkTracerProvider, SpanExporter as _},
};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, task::JoinHandle, time::timeout};

/// What makes the spans, as they name it.
const SCOPE: &str = "streamly";
/// Longest wait at the stop for what is still to be sent.
const CLOSE: Duration = Duration::from_secs(1);

/// Why there are no traces although they are wanted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What sends them could not be made; the address was not looked at before.
    #[error("tracing.otlp_endpoint cannot be used")]
    Endpoint(#[source] ExporterBuildError),
}

/// The traces of one service; clones are the same. [`Traces::default`] is off.
#[derive(Debug, Clone, Default)]
pub struct Traces(Option<Arc<Tracer>>);

#[derive(Debug)]
pub(super) struct Tracer {
    pub(super) sdk: SdkTracer,
    pub(super) slow: Slow,
    stop: Arc<Notify>,
    sending: Mutex<Option<JoinHandle<()>>>,
}

impl Traces {
    /// Traces of that service at that version; off where no receiver is configured. Connects when there is something to send. To be called in
    /// a runtime of tokio. Errors: the address cannot be used.
    pub fn start(
        config: &TracingConfig,
        service: &'static str,
        version: &'static str,
    ) -> Result<Self, Error> {
        if config.otlp_endpoint.is_empty() {
            return Ok(Self::default());
        }
        let (endpoint, limit) = (config.otlp_endpoint.clone(), config.timeout.get());
        let mut exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint.clone())
            .with_timeout(limit)
            .build()
            .map_err(Error::Endpoint)?;
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attribute(KeyValue::new("service.namespace", SCOPE))
            .with_attribute(KeyValue::new("service.version", version))
            .build();
        exporter.set_resource(&resource);
        let (line, sending) = line::of(service, config.queue, (exporter, endpoint, limit));
        let share = Sampler::TraceIdRatioBased(config.sample_ratio);
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(Sampler::ParentBased(Box::new(share)))
            .with_span_processor(line)
            .build();
        let stop = Arc::new(Notify::new());
        let sending = Mutex::new(Some(tokio::spawn(sending.run(stop.clone()))));
        let (sdk, slow) = (provider.tracer(SCOPE), Slow::new(service, config.slow.get()));
        Ok(Self(Some(Arc::new(Tracer { sdk, slow, stop, sending }))))
    }

    /// Whether anything is traced.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A call that came in; none where traces are off. `parent`: what a caller said who may say it; whether the trace is recorded was decided
    /// there. Without one it is decided here, by `sample_ratio`.
    pub fn server(&self, name: impl FnOnce() -> Cow<'static, str>, parent: Option<Parent>) -> Span {
        let Some(tracer) = &self.0 else { return Span::none() };
        let under = parent.map_or_else(Context::new, Parent::into_context);
        Span::begin(tracer, SpanKind::Server, name(), &under, &Span::none())
    }

    /// One of many calls that come in on a connection, which was opened by that call: the first span of a trace of its own, since a connection
    /// may last for days, with a link to the opening where that is recorded. None where traces are off; `sample_ratio` decides.
    pub fn on_connection(&self, name: impl FnOnce() -> Cow<'static, str>, opening: &Span) -> Span {
        let Some(tracer) = &self.0 else { return Span::none() };
        Span::begin(tracer, SpanKind::Server, name(), &Context::new(), opening)
    }

    /// What is done about something that another process told ([`Span::producer`]): a part of the same trace. None where traces are off here,
    /// or where that trace is not recorded.
    pub fn consumer(&self, name: impl FnOnce() -> Cow<'static, str>, cause: Parent) -> Span {
        match &self.0 {
            Some(tracer) if cause.0.is_sampled() => {
                Span::begin(tracer, SpanKind::Consumer, name(), &cause.into_context(), &Span::none())
            }
            _ => Span::none(),
        }
    }

    /// Sends what has ended, for a second at most. Spans that end later are lost.
    pub async fn close(&self) {
        let Some(tracer) = &self.0 else { return };
        let sending = tracer.sending.lock().unwrap_or_else(PoisonError::into_inner).take();
        tracer.stop.notify_one();
        if let Some(mut sending) = sending
            && timeout(CLOSE, &mut sending).await.is_err()
        {
            sending.abort();
        }
    }
}
