//! The services in this process: each bound first (a taken port stops everything before anything is half-started), then served.

use crate::{Failure, plan::Planned};
use std::collections::BTreeMap;
use streamly_config::EXIT_UNAVAILABLE;
use streamly_lifecycle::{Shutdown, Tasks};

/// Said with a taken port.
const REMEDY: &str = "a port cannot be had; stop what listens there, or move every port by STREAMLY_PORT_OFFSET (100, 200 … 900)";

type Serving = std::pin::Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// A service with its listeners bound, not serving yet.
pub(crate) struct Bound {
    name: &'static str,
    serve: Box<dyn FnOnce(Shutdown) -> Serving + Send>,
}

macro_rules! bind {
    ($module:ident, $planned:expr, $env:expr) => {{
        let config: $module::Config = streamly_config::load($planned.name, Some(&$planned.toml), $env)
            .map_err(|e| Failure::new(streamly_config::EXIT_CONFIG, e))?;
        let service = $module::Service::bind(config).map_err(|e| {
            let code = e.exit_code();
            let cause = anyhow::Error::new(e);
            Failure::new(code, if code == EXIT_UNAVAILABLE { cause.context(REMEDY) } else { cause })
        })?;
        Box::new(move |shutdown| Box::pin(service.serve(shutdown)) as Serving)
            as Box<dyn FnOnce(Shutdown) -> Serving + Send>
    }};
}

/// Parses one service's configuration and binds its listeners.
pub(crate) fn bind(planned: &Planned, env: &BTreeMap<String, String>) -> Result<Bound, Failure> {
    let serve = match planned.name {
        "user" => bind!(streamly_user, planned, env),
        "stream" => bind!(streamly_stream, planned, env),
        "chat" => bind!(streamly_chat, planned, env),
        "ingest" => bind!(streamly_ingest, planned, env),
        "web" => bind!(streamly_web, planned, env),
        other => {
            return Err(Failure::new(
                streamly_config::EXIT_CONFIG,
                anyhow::anyhow!("there is no service `{other}`"),
            ));
        }
    };
    Ok(Bound { name: planned.name, serve })
}

impl Bound {
    /// As in the plan.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Serves it as a task until `own` starts. When it has ended, for whatever reason, the whole platform stops: what failed is in the log.
    pub(crate) fn start(self, tasks: &Tasks, own: &Shutdown, all: &Shutdown) {
        let (name, stop) = (self.name, all.clone());
        let serving = (self.serve)(own.clone());
        tasks.spawn(name, async move {
            if let Err(e) = serving.await {
                tracing::error!(service = name, cause = %format!("{e:#}"), "a service failed");
                eprintln!("\nThe service {name} failed: {e:#}");
            }
            stop.start();
        });
    }
    /// Serves it in the foreground.
    pub(crate) async fn serve(self, shutdown: Shutdown) -> anyhow::Result<()> {
        (self.serve)(shutdown).await
    }
}
