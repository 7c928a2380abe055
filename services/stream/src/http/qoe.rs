//! How the viewers of one's own open broadcast fare, for the owner alone.

use crate::{
    app::App,
    bus::counts,
    channel,
    history::{MINUTE_S, minute_of},
    qoe::SHOWN,
    store::{broadcasts, history},
    view::qoe::{self as view, Qoe},
};
use actix_web::{HttpResponse, http::header, web};
use streamly_http::{Authenticated, Problem};
use time::OffsetDateTime;

/// How the viewers of the open broadcast fared in the last half hour, by the minute, and how it arrived. Nothing is known of viewers in other
/// players than the platform's. Errors: 503 while that cannot be read.
#[utoipa::path(get, path = "/api/streams/me/qoe", security(("bearer" = [])), responses((status = 200, body = Qoe)))]
pub async fn qoe(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let channel = channel::own(&app, &who.0).await?;
    let db = app.connection().await?;
    let open = broadcasts::open_of(&db, channel.id).await?;
    let told = match open {
        None => Qoe::default(),
        Some(open) => {
            let now = minute_of(OffsetDateTime::now_utc());
            let minutes = now - SHOWN + 1..=now;
            let past = history::one(&db, channel.id, open.id).await?;
            // Older ones of a long broadcast stand for several minutes, and begin before.
            let span = past.map_or(1, |past| i64::from(past.minute_span));
            let course = history::minutes(&db, open.id, minutes.start() - span + 1).await?;
            drop(db);
            let sums = counts::qoe(&app.redis, open.id, minutes).await?;
            view::qoe(open.id, sums, (span * MINUTE_S).unsigned_abs(), &course)
        }
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(told))
}
