//! Sign-ins at 50 a second, which is more than two cores can hash: what is answered in time, what is honestly turned away, and what else is
//! asked meanwhile.

use super::{super::Settings, home::Home};
use crate::{
    ask::Request,
    report::{Figure, Must},
    rows::place::{PASSWORD, register},
};
use anyhow::Context;
use serde_json::json;

/// Sign-ins a second.
const PER_SECOND: f64 = 50.0;
/// Other calls a second.
const OTHERS: f64 = 100.0;
/// People who sign in, in turn.
const PEOPLE: usize = 40;
/// 99 of 100 sign-ins that are let in are within this, milliseconds.
const MOST_MS: f64 = 1_000.0;

pub(super) async fn measure(settings: &Settings, home: &Home) -> anyhow::Result<Vec<Figure>> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let user = format!("http://127.0.0.1:{}", home.port(8080));
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        people.push(register(&client, &home.url).await?);
    }
    let others: Vec<Request> = people
        .iter()
        .map(|(_, token)| Request {
            token: Some(token.clone()),
            ..Request::get("me", format!("{user}/api/auth/me"))
        })
        .collect();
    let sign_ins = people.iter().map(|(name, _)| Request {
        body: Some(json!({"login": name, "password": PASSWORD})),
        ..Request::get("sign-in", format!("{user}/api/auth/login"))
    });
    let pids = home.pids(&["service user", "postgres"])?;
    let calm = home.ask(&others, OTHERS, settings.seconds, pids.clone()).await?;
    // Two of the others for each sign-in, so that one pace asks for both.
    let mixed: Vec<Request> = sign_ins
        .zip(others.chunks(2).cycle())
        .flat_map(|(sign_in, two)| two.iter().cloned().chain([sign_in]))
        .collect();
    let busy = home.ask(&mixed, PER_SECOND + OTHERS, settings.seconds, pids).await?;
    let of = |load: &super::home::Load, kind: &str| load.seen.get(kind).cloned().context("nothing was seen");
    let (calm, others, sign_ins) = (of(&calm, "me")?, of(&busy, "me")?, of(&busy, "sign-in")?);
    let honest = sign_ins.of(200) + sign_ins.of(429) + sign_ins.of(503);
    Ok(vec![
        Figure::new("sign-ins at 50/s: p99 of those let in", sign_ins.p99_ms, "ms").must(Must::AtMost(MOST_MS)).note(
            format!(
                "{} of {} were let in, p50 {:.0} ms; the others were told 429 or 503 within {:.0} ms; {:.2} cores",
                sign_ins.of(200),
                sign_ins.all(),
                sign_ins.p50_ms,
                sign_ins.others_p99_ms,
                busy.cores,
            ),
        ),
        Figure::new("sign-ins at 50/s: answers other than 200, 429, 503", (sign_ins.all() - honest) as f64, "")
            .must(Must::AtMost(0.0)),
        Figure::new("meanwhile: p99 of GET /api/auth/me at 100/s", others.p99_ms, "ms")
            .beside("the same without sign-ins", calm.p99_ms)
            .must(Must::TimesPeer(2.0))
            .note(format!("p50 {:.1} ms, without {:.1} ms; {} failed", others.p50_ms, calm.p50_ms, others.all() - others.of(200))),
    ])
}
