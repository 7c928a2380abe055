//! The check of an access token, as every signed-in call has it: signature, times, audience.

use super::super::Settings;
use crate::report::{Figure, Must, quantile};
use anyhow::Context;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use streamly_auth::{
    Jwks, SigningKey,
    access::{self, Claims, Verifier},
};

/// Checks of one sample.
const BATCH: u32 = 100;
const SAMPLES: u32 = 200;
/// Longest check, microseconds.
const MOST_US: f64 = 60.0;

pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    let key = SigningKey::generate().context("making a key")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let name = "somebody".parse().ok().context("a user name")?;
    let claims = Claims::new(uuid::Uuid::now_v7().to_string().parse()?, name, now, now);
    let token = access::sign(&key, &claims).ok().context("signing a token")?;
    let verifier = Verifier::new(&Jwks { keys: vec![key.jwk()] });
    let samples = if settings.quick { SAMPLES / 10 } else { SAMPLES };
    let mut took = Vec::new();
    for _ in 0..samples {
        let begun = Instant::now();
        for _ in 0..BATCH {
            verifier.verify(&token).ok().context("the token is good")?;
        }
        took.push(begun.elapsed().max(Duration::from_nanos(1)).as_secs_f64() * 1e6 / f64::from(BATCH));
    }
    Ok(vec![Figure::new("check of an access token, median", quantile(&took, 0.5), "us").must(Must::AtMost(MOST_US)).note(
        format!(
            "{samples} times {BATCH} checks; of the batches 99 of 100 below {:.1} us each; Ed25519 by {} bytes of token",
            quantile(&took, 0.99),
            token.len()
        ),
    )])
}
