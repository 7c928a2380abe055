//! Counts the calls of a gRPC server: `streamly_rpc_requests_total` by method and code, `streamly_rpc_request_seconds` to the answer's head.
//!
//! Methods are those that the server has, by their descriptors; any other one is `other`, so that nobody can make up labels. Health and
//! reflection are not counted. A call that its caller leaves, or that the stop cuts off, is `cancelled`: a stream that runs as long as its
//! peers do always ends so. If its deadline had come by then it is `deadline_exceeded`, which the caller alone is told.

use http_body_util::BodyExt;
use metrics::{Counter, Histogram, SharedString, counter, histogram};
use prost::Message;
use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use tonic::{Code, body::Body};

/// Where a call's code stands.
const STATUS: &str = "grpc-status";
/// And its deadline.
const TIMEOUT: &str = "grpc-timeout";
/// Where nine tenths of the time are over and the caller leaves, it does so for its deadline, which began before the call was here.
const TENTHS: u32 = 9;
/// Names of codes by their number.
const CODES: [&str; 17] = [
    "ok",
    "cancelled",
    "unknown",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal",
    "unavailable",
    "data_loss",
    "unauthenticated",
];

/// Of `google/protobuf/descriptor.proto` what is needed: which methods a service has.
#[derive(Message)]
struct FileSet {
    #[prost(message, repeated, tag = "1")]
    files: Vec<File>,
}

#[derive(Message)]
struct File {
    #[prost(string, optional, tag = "2")]
    package: Option<String>,
    #[prost(message, repeated, tag = "6")]
    services: Vec<Named>,
}

/// A service with its methods, or a method.
#[derive(Message)]
struct Named {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    methods: Vec<Vec<u8>>,
}

#[derive(Message)]
struct MethodName {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
}

/// The counts of one server.
pub(crate) struct Calls {
    /// By path.
    methods: HashMap<String, Arc<Method>>,
    other: Arc<Method>,
}

struct Method {
    service: &'static str,
    name: Arc<str>,
    /// Made with the first call of their kind.
    seconds: OnceLock<Histogram>,
    counts: [OnceLock<Counter>; CODES.len()],
}

/// A call that has not ended; if it is dropped so its caller has left it.
pub(crate) struct Call {
    method: Arc<Method>,
    since: Instant,
    deadline: Option<Duration>,
    counted: bool,
}

impl Calls {
    /// Of the methods that `served` have, services by their full names.
    pub(crate) fn of(service: &'static str, served: &[&str]) -> Self {
        let files =
            FileSet::decode(streamly_proto::DESCRIPTORS).expect("the descriptors are our own and decode");
        let mut methods = HashMap::new();
        for file in files.files {
            for found in file.services {
                let (package, short) =
                    (file.package.as_deref().unwrap_or(""), found.name.unwrap_or_default());
                let full = format!("{package}.{short}");
                if !served.contains(&full.as_str()) {
                    continue;
                }
                for method in found.methods {
                    let method =
                        MethodName::decode(&*method).expect("the descriptors are our own and decode");
                    let method = method.name.unwrap_or_default();
                    let counted = Method::new(service, &format!("{short}/{method}"));
                    methods.insert(format!("/{full}/{method}"), Arc::new(counted));
                }
            }
        }
        Self { methods, other: Arc::new(Method::new(service, "other")) }
    }

    /// The path, if it is of a method that is served.
    pub(crate) fn known<'p>(&self, path: &'p str) -> Option<&'p str> {
        self.methods.contains_key(path).then_some(path)
    }

    /// None: it is not counted.
    pub(crate) fn begin(&self, path: &str, headers: &http::HeaderMap) -> Option<Call> {
        if is_everybodys(path) {
            return None;
        }
        let method = self.methods.get(path).unwrap_or(&self.other).clone();
        let deadline = headers.get(TIMEOUT).and_then(|value| time_of(value.to_str().ok()?));
        Some(Call { method, since: Instant::now(), deadline, counted: false })
    }
}

/// `grpc-timeout`: at most eight digits and a unit (gRPC over HTTP/2, "Requests").
fn time_of(value: &str) -> Option<Duration> {
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let count: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

/// Whether it is health or reflection, which need no token.
pub(crate) fn is_everybodys(path: &str) -> bool {
    path.starts_with("/grpc.health.") || path.starts_with("/grpc.reflection.")
}

impl Method {
    fn new(service: &'static str, name: &str) -> Self {
        Self { service, name: name.into(), seconds: OnceLock::new(), counts: Default::default() }
    }

    fn seconds(&self) -> &Histogram {
        self.seconds.get_or_init(|| {
            let method = SharedString::from(self.name.clone());
            histogram!("streamly_rpc_request_seconds", "service" => self.service, "method" => method)
        })
    }

    fn count(&self, code: Code) -> &Counter {
        let code = code as usize;
        self.counts[code].get_or_init(|| {
            let method = SharedString::from(self.name.clone());
            counter!("streamly_rpc_requests_total", "service" => self.service, "method" => method, "code" => CODES[code])
        })
    }
}

impl Call {
    /// The head is there. An error's has the code; else it comes behind the body.
    pub(crate) fn answered(mut self, response: http::Response<Body>) -> http::Response<Body> {
        self.method.seconds().record(self.since.elapsed());
        if self.ended(response.headers()) {
            return response;
        }
        response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                if let Some(trailers) = frame.trailers_ref() {
                    self.ended(trailers);
                }
                frame
            }))
        })
    }

    /// Whether the code is among these headers.
    fn ended(&mut self, headers: &http::HeaderMap) -> bool {
        let Some(code) = headers.get(STATUS) else { return false };
        self.count(Code::from_bytes(code.as_bytes()));
        true
    }

    fn count(&mut self, code: Code) {
        if !std::mem::replace(&mut self.counted, true) {
            self.method.count(code).increment(1);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let late = self.deadline.is_some_and(|deadline| self.since.elapsed() >= deadline * TENTHS / 10);
        self.count(if late { Code::DeadlineExceeded } else { Code::Cancelled });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_those_of_the_services_that_are_served() {
        let calls = Calls::of("user", &["streamly.user.v1.UserService"]);
        let none = http::HeaderMap::new();
        let name = |path: &str| calls.begin(path, &none).map(|call| call.method.name.to_string());
        assert_eq!(name("/streamly.user.v1.UserService/GetUsers").as_deref(), Some("UserService/GetUsers"));
        assert_eq!(name("/streamly.user.v1.UserService/Made/Up").as_deref(), Some("other"));
        assert_eq!(name("/streamly.chat.v1.ChatService/GetRoom").as_deref(), Some("other"));
        assert_eq!(name("/grpc.health.v1.Health/Check"), None);
    }

    #[test]
    fn deadlines_are_read_in_each_unit_and_others_are_none() {
        assert_eq!(time_of("2000000u"), Some(Duration::from_secs(2)));
        assert_eq!(time_of("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        assert_eq!(time_of("7m"), Some(Duration::from_millis(7)));
        for odd in ["", "m", "7", "7x", "-7m", "123456789S", "7ä"] {
            assert_eq!(time_of(odd), None, "{odd}");
        }
    }

    #[test]
    fn each_code_has_its_own_name() {
        for (number, name) in CODES.iter().enumerate() {
            let code = Code::from_i32(i32::try_from(number).unwrap());
            assert_eq!(name.replace('_', ""), format!("{code:?}").to_lowercase());
        }
    }
}
