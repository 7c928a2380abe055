//! What a person sees while the platform starts: one line a step, with its time.

use std::{io::Write, time::Instant};

/// One step; prints its end when told.
pub(crate) struct Step(Instant);

impl Step {
    /// `  Starting PostgreSQL … `
    pub(crate) fn begin(what: &str) -> Self {
        print!("  {what} … ");
        let _ = std::io::stdout().flush();
        Self(Instant::now())
    }
    /// `ready (0.3 s)`
    pub(crate) fn done(self, how: &str) {
        println!("{how} ({:.1} s)", self.0.elapsed().as_secs_f64());
    }
}
