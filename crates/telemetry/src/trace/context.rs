//! Which span caused a call from another process: the header `traceparent` (W3C Trace Context, <https://www.w3.org/TR/trace-context/>, §3.2).
//!
//! Whether to believe one is the reader's matter: whoever writes it decides whether all that follows is recorded. `tracestate` and `baggage`
//! are neither read nor passed on.

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};

/// Name of the header, and of gRPC's metadata.
pub const TRACEPARENT: &str = "traceparent";
/// Bytes of the four fields and their dashes.
const LENGTH: usize = 55;
/// The flag that says that the trace is recorded (§3.2.2.5.1); others are not looked at.
const SAMPLED: u8 = 1;

/// A span of another process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent(pub(super) SpanContext);

impl Parent {
    /// What a header says; `None` where it is malformed, which counts as if there were none (§4.3).
    pub fn parse(header: &str) -> Option<Self> {
        let (known, rest) = header.split_at_checked(LENGTH)?;
        let fields: Vec<&str> = known.split('-').collect();
        let &[version, trace, span, flags] = fields.as_slice() else { return None };
        let is_whole = is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
        let is_known = match version {
            "ff" => false,
            "00" => rest.is_empty(),
            // Later versions may have more behind a dash.
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        if !is_whole || !is_known {
            return None;
        }
        let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()? & SAMPLED);
        let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
        let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
        context.is_valid().then_some(Self(context))
    }

    /// What a span that it caused begins under.
    pub(super) fn into_context(self) -> Context {
        Context::new().with_remote_span_context(self.0)
    }
}

/// The header for calls that this span causes.
pub(super) fn written(context: &SpanContext) -> String {
    let sampled = u8::from(context.is_sampled());
    format!("00-{}-{}-{sampled:02x}", context.trace_id(), context.span_id())
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::{Parent, written};

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_header_is_read_and_written_alike() {
        let parent = Parent::parse(GOOD).expect("it is good");
        assert!(parent.0.is_sampled() && parent.0.is_remote());
        assert_eq!(written(&parent.0), GOOD);
        let not = GOOD.replace("-01", "-00");
        assert_eq!(written(&Parent::parse(&not).expect("it is good").0), not);
        // Flags that are not known are not passed on.
        assert_eq!(written(&Parent::parse(&GOOD.replace("-01", "-ff")).expect("it is good").0), GOOD);
    }

    #[test]
    fn a_later_version_may_say_more_and_this_one_may_not() {
        for good in ["cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", GOOD] {
            assert!(Parent::parse(good).is_some(), "{good}");
        }
        for wrong in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0ä",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        ] {
            assert!(Parent::parse(wrong).is_none(), "{wrong}");
        }
    }
}
