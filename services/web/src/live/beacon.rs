//! Beacons: a player says that somebody watches, though its session asks for nothing at present, and in its body how that somebody fares. The
//! same whichever way the request came. Of a sid that was given out here for a broadcast that its viewer may watch; a body is looked at only
//! then.

use super::{
    Edge, answer,
    index::Away,
    outcome::Failure,
    playback,
    qoe::{MAX_BODY, Told},
    query::Query,
    sessions::{Moment, TooSoon},
};
use std::{future::Future, time::Duration};
use streamly_http::{Answer, Body, Problem, Result};
use streamly_status::Code;

/// `POST /live/b/{broadcast}/beacon`
pub(crate) async fn heard(
    edge: &Edge,
    broadcast: &str,
    query: &str,
    told: impl Future<Output = Result<Option<Told>>>,
) -> Result<Answer> {
    let query = Query::parse(query)?;
    let sid = query.sid.as_deref().and_then(|sid| edge.sids.read(broadcast, sid));
    // Ids of broadcasts have one spelling under a sid's signature, so only those that were given out get past here.
    let sid = sid.ok_or(Code::NotFound)?;
    let told = told.await?;
    let watching = match edge.index.watching(broadcast).await {
        Ok(Some(watching)) => watching,
        Ok(None) => return Err(Code::BroadcastNotFound.into()),
        Err(Away) => return answer::failure(&Failure::IndexAway),
    };
    playback::admit(edge, &query, true, &watching).await?;
    let now = Moment::now();
    let too_soon = |TooSoon| Problem::new(Code::RateLimited).retry_after(Duration::from_secs(2));
    let taken = edge.sessions.beacon(broadcast, sid, now, told.as_ref()).map_err(too_soon)?;
    if let Some(taken) = taken {
        edge.qoe.add(broadcast, now.minute(), &taken);
    }
    Ok(answer::open(Answer::new(204, Body::Empty)).with("cache-control", "no-store"))
}

/// What a body tells, if anything. Whatever type it names: browsers ask before they send JSON to another origin, and not before plain text.
pub(crate) fn told(body: &[u8]) -> Result<Option<Told>> {
    if body.len() > MAX_BODY {
        return Err(too_large());
    }
    Told::read(body).map_err(|wrong| Problem::new(Code::MalformedRequest).detail(wrong))
}

/// To who sends more than a player has to tell.
pub(crate) fn too_large() -> Problem {
    Problem::new(Code::PayloadTooLarge).detail(format!("A beacon has at most {MAX_BODY} bytes."))
}
