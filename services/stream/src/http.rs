//! The REST edge: routes, and what all handlers need. Handlers hold no SQL but call `store` inside their transactions.

mod browsers;
mod caller;
mod card;
mod categories;
mod cursor;
mod directory;
mod events;
mod follows;
mod history;
mod keys;
mod limits;
mod markers;
mod members;
mod notices;
mod on_air;
mod pictures;
mod profile;
mod qoe;
mod schedule;
mod settings;
mod stop_mails;
mod streams;
mod watching;
mod webhooks;

use crate::app::App;
use actix_web::{
    HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    web,
};
use std::{future::Future, net::TcpListener, sync::Arc, time::Duration};
use streamly_http::{
    AccessKeys, Authenticated, Bearer, Calls, Problem, ProblemBody, Problems, SettingList, Traced, defaults,
    health, look_first, request_id,
};
use streamly_lifecycle::Readiness;
use streamly_status::{Code, FieldError};
use time::OffsetDateTime;
use utoipa::OpenApi;

/// Longest time until a call is answered: a database that takes a statement and does not answer is as good as away.
const DEADLINE: Duration = Duration::from_secs(8);

/// The same for a picture, which has to arrive and to be decoded.
const UPLOAD: Duration = Duration::from_secs(35);

/// The name by which the document's operations ask for an access token.
const BEARER: Bearer = Bearer("bearer");

/// The service's own OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(title = "Streamly: channels and streams", version = "1"),
    paths(
        keys::create,
        keys::list,
        keys::reveal,
        keys::rotate,
        keys::edit,
        keys::delete,
        directory::list,
        streams::get,
        streams::me,
        streams::edit,
        streams::end,
        streams::go_live,
        markers::list,
        markers::create,
        markers::edit,
        markers::delete,
        on_air::nodes,
        on_air::broadcasts,
        limits::list,
        limits::ingest,
        watching::token,
        watching::link,
        watching::make_link,
        watching::end_link,
        members::list,
        members::put,
        members::delete,
        follows::list,
        follows::edit,
        follows::get,
        follows::put,
        follows::delete,
        history::list_own,
        history::get_own,
        history::minutes_csv,
        history::list,
        qoe::qoe,
        notices::list,
        notices::see,
        notices::settings,
        notices::change,
        browsers::list,
        browsers::add,
        browsers::test,
        browsers::remove,
        stop_mails::page,
        stop_mails::stop,
        profile::about,
        card::card,
        pictures::put_avatar,
        pictures::delete_avatar,
        pictures::put_banner,
        pictures::delete_banner,
        pictures::add,
        pictures::get,
        webhooks::list,
        webhooks::create,
        webhooks::edit,
        webhooks::delete,
        webhooks::rotate,
        webhooks::deliveries::list,
        webhooks::deliveries::test,
        webhooks::deliveries::redeliver,
        schedule::own,
        schedule::put,
        schedule::get,
        schedule::feed,
        categories::list,
        categories::get,
        categories::add,
        categories::edit,
        categories::merge,
        categories::remove,
        categories::put_picture,
        categories::delete_picture,
        categories::acts,
        events::events
    ),
    components(schemas(ProblemBody)),
    modifiers(&BEARER, &Problems)
)]
struct Document;

/// Serves the public listener until the stop.
pub fn serve(
    listener: TcpListener,
    app: Arc<App>,
    keys: AccessKeys,
    readiness: Readiness,
    limits: SettingList,
    traced: Traced,
) -> impl Future<Output = std::io::Result<()>> {
    let (shutdown, bounds) = (app.shutdown.clone(), app.config.requests.limits());
    let (app, keys, readiness) = (web::Data::from(app), web::Data::new(keys), web::Data::new(readiness));
    let (limits, traced) = (web::Data::new(limits), web::Data::new(traced));
    let calls = web::Data::new(Calls::of(readiness.service()));
    streamly_http::serve(listener, bounds, shutdown, move || {
        actix_web::App::new()
            .wrap(from_fn(in_force))
            .wrap(from_fn(look_first))
            .wrap(from_fn(in_time))
            .wrap(from_fn(request_id))
            .app_data(app.clone())
            .app_data(keys.clone())
            .app_data(readiness.clone())
            .app_data(limits.clone())
            .app_data(calls.clone())
            .app_data(traced.clone())
            .configure(defaults)
            .configure(routes)
    })
}

/// 503 for what is not answered within [`DEADLINE`]; an event stream is answered once it is open.
async fn in_time(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let deadline = if pictures::takes_one(request.method(), request.path()) { UPLOAD } else { DEADLINE };
    match tokio::time::timeout(deadline, next.call(request)).await {
        Ok(answer) => answer,
        Err(_) => Err(Problem::new(Code::Unavailable).retry_after(Duration::from_secs(1)).into()),
    }
}

/// 401 for a token that was voided since it was signed; without one, or with a bad one, the handlers see to it.
async fn in_force(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let who = request.extract::<Authenticated>().await.ok();
    if let (Some(app), Some(Authenticated(claims))) = (app, who)
        && app.redis.is_void(claims.sub, claims.iat).await
    {
        return Err(Problem::new(Code::Unauthenticated).detail("The access token is no longer good.").into());
    }
    next.call(request).await
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/health", web::get().to(health))
        .service(resource("/api/streams/openapi.json").route(web::get().to(openapi)))
        .service(
            resource("/api/streams/keys")
                .route(web::post().to(keys::create))
                .route(web::get().to(keys::list)),
        )
        .service(resource("/api/streams/playback-keys.json").route(web::get().to(watching::keys)))
        .service(
            resource("/api/streams/keys/{id}")
                .route(web::patch().to(keys::edit))
                .route(web::delete().to(keys::delete)),
        )
        .service(resource("/api/streams/keys/{id}/reveal").route(web::post().to(keys::reveal)))
        .service(resource("/api/streams/keys/{id}/rotate").route(web::post().to(keys::rotate)))
        .service(
            resource("/api/streams/me")
                .route(web::get().to(streams::me))
                .route(web::patch().to(streams::edit)),
        )
        .service(resource("/api/streams/me/go-live").route(web::post().to(streams::go_live)))
        .service(resource("/api/streams/me/end").route(web::post().to(streams::end)))
        .service(
            resource("/api/streams/me/watch-link")
                .route(web::get().to(watching::link))
                .route(web::post().to(watching::make_link))
                .route(web::delete().to(watching::end_link)),
        )
        .service(resource("/api/streams/me/broadcasts").route(web::get().to(history::list_own)))
        .service(resource("/api/streams/me/broadcasts/{id}").route(web::get().to(history::get_own)))
        .service(
            resource("/api/streams/me/broadcasts/{id}/minutes.csv")
                .route(web::get().to(history::minutes_csv)),
        )
        .service(resource("/api/streams/me/qoe").route(web::get().to(qoe::qoe)))
        .service(resource("/api/streams/me/members").route(web::get().to(members::list)))
        .service(
            resource("/api/streams/me/members/{username}")
                .route(web::put().to(members::put))
                .route(web::delete().to(members::delete)),
        )
        .service(resource("/api/streams/me/following").route(web::get().to(follows::list)))
        .service(resource("/api/streams/me/following/{username}").route(web::patch().to(follows::edit)))
        .configure(notices::routes)
        .service(
            resource("/api/streams/me/avatar")
                .route(web::put().to(pictures::put_avatar))
                .route(web::delete().to(pictures::delete_avatar)),
        )
        .service(
            resource("/api/streams/me/banner")
                .route(web::put().to(pictures::put_banner))
                .route(web::delete().to(pictures::delete_banner)),
        )
        .service(resource("/api/streams/me/pictures").route(web::post().to(pictures::add)))
        .service(
            resource("/api/streams/me/schedule")
                .route(web::get().to(schedule::own))
                .route(web::put().to(schedule::put)),
        )
        .service(resource("/api/streams").route(web::get().to(directory::list)))
        .service(resource("/api/streams/{username}").route(web::get().to(streams::get)))
        .service(resource("/api/streams/{username}/playback-token").route(web::post().to(watching::token)))
        .service(
            resource("/api/streams/{username}/follow")
                .route(web::get().to(follows::get))
                .route(web::put().to(follows::put))
                .route(web::delete().to(follows::delete)),
        )
        .service(resource("/api/streams/{username}/broadcasts").route(web::get().to(history::list)))
        .service(
            resource("/api/streams/{username}/markers")
                .route(web::get().to(markers::list))
                .route(web::post().to(markers::create)),
        )
        .service(
            resource("/api/streams/{username}/markers/{id}")
                .route(web::patch().to(markers::edit))
                .route(web::delete().to(markers::delete)),
        )
        .service(resource("/api/streams/{username}/about").route(web::get().to(profile::about)))
        .service(resource("/api/streams/{username}/card").route(web::get().to(card::card)))
        .service(resource("/api/streams/{username}/schedule").route(web::get().to(schedule::get)))
        .service(resource("/api/streams/{username}/schedule.ics").route(web::get().to(schedule::feed)))
        .configure(webhooks::routes)
        .configure(categories::routes)
        .configure(on_air::routes)
        .service(resource("/api/admin/limits/stream").route(web::get().to(limits::list)))
        .service(resource("/api/admin/limits/ingest").route(web::get().to(limits::ingest)))
        .service(resource("/api/pictures/{file}").route(web::get().to(pictures::get)))
        .service(resource("/api/events").route(web::get().to(events::events)));
}

fn resource(path: &str) -> actix_web::Resource {
    web::resource(path.to_owned()).default_service(web::to(wrong_method))
}

async fn wrong_method() -> Result<HttpResponse, Problem> {
    Err(Code::MethodNotAllowed.into())
}

async fn openapi() -> HttpResponse {
    HttpResponse::Ok().json(Document::openapi())
}

/// Errors: the sign-in is not recent enough for a secret to be shown.
fn recent(app: &App, who: &Authenticated) -> Result<(), Problem> {
    let now = OffsetDateTime::now_utc().unix_timestamp().max(0).unsigned_abs();
    if now.saturating_sub(who.0.auth_time) > app.config.recent_sign_in.as_secs() {
        return Err(Code::ReauthRequired.into());
    }
    Ok(())
}

/// A trimmed text of `min` to `max` characters without control characters, or what is wrong with it.
fn text(field: &str, value: &str, min: usize, max: usize, errors: &mut Vec<FieldError>) -> String {
    let value = value.trim();
    let length = value.chars().count();
    let mut wrong = |code: &'static str, detail: String| {
        errors.push(FieldError { field: field.to_owned(), code, detail });
    };
    if length < min {
        wrong("too_short", format!("At least {min} characters."));
    } else if length > max {
        wrong("too_long", format!("At most {max} characters."));
    } else if value.chars().any(char::is_control) {
        wrong("invalid", "No line breaks or control characters.".into());
    }
    value.to_owned()
}
