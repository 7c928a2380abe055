//! One call that is traced, or none: who holds a [`Span`] does not look which.
//!
//! A span ends with [`Span::end`], or when nobody holds it any more: a caller that went away ends it too. What is recorded of it are numbers and
//! short texts that the code chose; nobody may give it what a stranger sent. One that took long is told in the log as well: from there, as from a
//! histogram by its time, the way to its trace is its id.

use super::{context, traces::Tracer};
use opentelemetry::{
    Context, KeyValue,
    trace::{Link, Span as _, SpanContext, SpanKind, Status, TraceContextExt, Tracer as _},
};
use opentelemetry_sdk::trace::Span as Recorded;
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static CURRENT: Span;
}

/// See the module's head. Clones are the same span.
#[derive(Debug, Clone, Default)]
pub struct Span(Option<Arc<Active>>);

#[derive(Debug)]
struct Active {
    tracer: Arc<Tracer>,
    context: SpanContext,
    /// When it began, of what is told if it takes long: what others wait for.
    since: Option<Instant>,
    /// Of a trace that is not recorded it holds nothing.
    span: Mutex<Recorded>,
}

impl Span {
    /// No span.
    pub const fn none() -> Self {
        Self(None)
    }

    /// The span whose [`Span::scope`] this task is in.
    pub fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or_default()
    }

    /// Runs a future in which [`Span::current`] is this one. Tasks that it spawns are not in it.
    pub fn scope<F: Future>(self, future: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, future)
    }

    /// Begins a span below a context: the one of its parent, or an empty one, which makes it a trace's first; with a link to `linked`, where
    /// that is recorded.
    pub(super) fn begin(
        tracer: &Arc<Tracer>,
        kind: SpanKind,
        name: Cow<'static, str>,
        under: &Context,
        linked: &Self,
    ) -> Self {
        let is_waited_for = matches!(kind, SpanKind::Server | SpanKind::Consumer);
        let mut builder = tracer.sdk.span_builder(name).with_kind(kind);
        if let Some(active) = linked.recorded() {
            builder = builder.with_links(vec![Link::with_context(active.context.clone())]);
        }
        let span = builder.start_with_context(&tracer.sdk, under);
        let context = span.span_context().clone();
        let since = (context.is_sampled() && is_waited_for).then(Instant::now);
        Self(Some(Arc::new(Active { tracer: tracer.clone(), context, since, span: Mutex::new(span) })))
    }

    /// A call to something else that this one causes. Of a trace that is not recorded it is this span itself: its [`Span::traceparent`] says
    /// so to the one that is called.
    pub fn client(&self, name: impl FnOnce() -> Cow<'static, str>) -> Self {
        match self.recorded() {
            Some(active) => active.causes(SpanKind::Client, name()),
            None => self.clone(),
        }
    }

    /// Something that this one tells others without waiting for what they do about it. Of a trace that is not recorded there is none: nothing
    /// goes along with what is told.
    pub fn producer(&self, name: impl FnOnce() -> Cow<'static, str>) -> Self {
        self.recorded().map_or_else(Self::none, |active| active.causes(SpanKind::Producer, name()))
    }

    /// Whether anything is kept of it.
    pub fn is_recorded(&self) -> bool {
        self.recorded().is_some()
    }

    fn recorded(&self) -> Option<&Arc<Active>> {
        self.0.as_ref().filter(|active| active.context.is_sampled())
    }

    /// Adds a text, which is copied only where it is kept. Keys are those of OpenTelemetry's semantic conventions, or begin with `streamly.`.
    pub fn text(&self, key: &'static str, value: &str) {
        if let Some(active) = self.recorded() {
            active.lock().set_attribute(KeyValue::new(key, value.to_owned()));
        }
    }

    /// Adds a number.
    pub fn number(&self, key: &'static str, value: i64) {
        if let Some(active) = self.recorded() {
            active.lock().set_attribute(KeyValue::new(key, value));
        }
    }

    /// It went wrong, in that way: a status, a code, the name of an error; never its words, which may quote what was sent.
    pub fn failed(&self, how: &str) {
        if let Some(active) = self.recorded() {
            let mut span = active.lock();
            span.set_attribute(KeyValue::new("error.type", how.to_owned()));
            span.set_status(Status::error(""));
        }
    }

    /// It is over. What is added later is lost.
    pub fn end(&self) {
        if let Some(active) = self.recorded() {
            active.end();
        }
    }

    /// The header that tells another process of it; none where nothing is traced.
    pub fn traceparent(&self) -> Option<String> {
        self.0.as_ref().map(|active| context::written(&active.context))
    }

    /// The id of its trace for the log, 32 hexadecimal digits, where the trace can be looked at.
    pub fn trace_id(&self) -> Option<String> {
        self.recorded().map(|active| active.context.trace_id().to_string())
    }
}

impl Active {
    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.span.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it, once, and says so if it took long.
    fn end(&self) {
        let mut span = self.lock();
        let took = self.since.map(|since| since.elapsed()).filter(|took| self.tracer.slow.concerns(*took));
        // Of one that has ended there is nothing any more.
        let slow = took.and_then(|took| Some((took, span.exported_data()?.name)));
        span.end();
        drop(span);
        if let Some((took, name)) = slow {
            self.tracer.slow.tell(&name, took, self.context.trace_id());
        }
    }

    /// Begins a span below this one.
    fn causes(&self, kind: SpanKind, name: Cow<'static, str>) -> Span {
        let under = Context::new().with_remote_span_context(self.context.clone());
        Span::begin(&self.tracer, kind, name, &under, &Span::none())
    }
}

/// Who went away may have waited longest.
impl Drop for Active {
    fn drop(&mut self) {
        self.end();
    }
}
