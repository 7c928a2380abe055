//! Counts a service's calls: `streamly_http_requests_total` and `streamly_http_request_seconds`, by route.
//!
//! An application that is to be counted has [`Calls`] among its data (`app_data`), and [`request_id`](crate::request_id()) as its middleware.
//! Routes are patterns as they are written in the code (`/api/streams/{name}`), never paths: nobody can make up labels. The time is that to the
//! answer's head, since event streams run on. Not counted: probes of `/health`, and calls whose client went away before the answer.

use actix_web::{
    dev::ServiceRequest,
    http::{Method, StatusCode},
};
use metrics::{Counter, Histogram, SharedString, counter, histogram};
use parking_lot::RwLock;
use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Instant,
};

/// What orchestrators and balancers ask again and again.
const PROBE: &str = "/health";
/// The route of what matches none.
const NONE: &str = "none";
/// Methods by name; any other one is the last.
pub(crate) const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];
/// Classes of statuses; a switch of protocols is a success.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// The counts of one service's application.
#[derive(Debug)]
pub struct Calls {
    service: &'static str,
    /// As many as the code has patterns.
    routes: RwLock<HashMap<String, Arc<Route>>>,
}

#[derive(Debug)]
struct Route {
    service: &'static str,
    name: Arc<str>,
    seconds: Histogram,
    /// Made with the first call of their kind: most routes have one method and two classes.
    counts: [[OnceLock<Counter>; CLASSES.len()]; METHODS.len()],
}

/// A call that is not answered yet.
pub(crate) struct Call {
    route: Arc<Route>,
    method: usize,
    since: Instant,
}

impl Calls {
    /// Nothing counted.
    pub fn of(service: &'static str) -> Self {
        Self { service, routes: RwLock::default() }
    }

    /// None: it is not counted.
    pub(crate) fn begin(&self, request: &ServiceRequest) -> Option<Call> {
        let since = Instant::now();
        let pattern = request.match_pattern();
        let name = pattern.as_deref().unwrap_or(NONE);
        if name == PROBE {
            return None;
        }
        let known = self.routes.read().get(name).cloned();
        let route = known.unwrap_or_else(|| {
            let made = || Arc::new(Route::new(self.service, name));
            self.routes.write().entry(name.to_owned()).or_insert_with(made).clone()
        });
        Some(Call { route, method: place_of(request.method()), since })
    }
}

fn place_of(method: &Method) -> usize {
    METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len() - 1)
}

impl Route {
    fn new(service: &'static str, name: &str) -> Self {
        let name: Arc<str> = name.into();
        let route = SharedString::from(name.clone());
        let seconds = histogram!("streamly_http_request_seconds", "service" => service, "route" => route);
        Self { service, name, seconds, counts: Default::default() }
    }

    fn count(&self, method: usize, status: StatusCode) -> &Counter {
        let class = usize::from(status.as_u16() / 100).clamp(2, 5) - 2;
        self.counts[method][class].get_or_init(|| {
            let route = SharedString::from(self.name.clone());
            counter!(
                "streamly_http_requests_total",
                "service" => self.service, "method" => METHODS[method], "route" => route, "status" => CLASSES[class]
            )
        })
    }
}

impl Call {
    pub(crate) fn answered(self, status: StatusCode) {
        self.route.seconds.record(self.since.elapsed());
        self.route.count(self.method, status).increment(1);
    }
}
