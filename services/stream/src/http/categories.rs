//! Categories: for everybody, and for admins, who keep them.

use super::{cursor, on_air::PageQuery, pictures::refused, resource};
use crate::{
    app::App,
    categories::{self, Admin},
    error::Error,
    people, pictures,
    profile::lines,
    search,
    store::categories::{self as table, Category, Live},
};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;
use streamly_auth::access::Claims;
use streamly_http::{Authenticated, Problem};
use streamly_picture::body;
use streamly_proto::user::v1::User;
use streamly_status::{Code, FieldError};
use time::OffsetDateTime;
use uuid::Uuid;

/// Acts of a page.
const ACTS: usize = 100;
/// The role that keeps categories.
const ADMIN: &str = "admin";

/// The calls of categories.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/api/categories").route(web::get().to(list)))
        .service(resource("/api/categories/{slug}").route(web::get().to(get)))
        .service(resource("/api/admin/categories").route(web::post().to(add)).route(web::get().to(acts)))
        .service(
            resource("/api/admin/categories/{slug}")
                .route(web::patch().to(edit))
                .route(web::delete().to(remove)),
        )
        .service(resource("/api/admin/categories/{slug}/merge").route(web::post().to(merge)))
        .service(
            resource("/api/admin/categories/{slug}/picture")
                .route(web::put().to(put_picture))
                .route(web::delete().to(delete_picture)),
        );
}

/// A category.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ShownCategory {
    /// What addresses call it.
    slug: String,
    name: String,
    /// May be empty.
    description: String,
    /// Where its picture is, on the web origin; null: the page draws one.
    picture_url: Option<String>,
    /// Live channels in it.
    live_channels: u64,
    /// Who watch them.
    viewers: u64,
}

impl ShownCategory {
    fn new(category: &Category, live: &Live) -> Self {
        let (channels, viewers) = live.of(category);
        Self {
            slug: category.slug.clone(),
            name: category.name.clone(),
            description: category.description.clone(),
            picture_url: category.picture.as_deref().map(pictures::url),
            live_channels: channels.max(0).unsigned_abs(),
            viewers: viewers.max(0).unsigned_abs(),
        }
    }
}

/// All categories.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CategoryList {
    /// Most watched first, then by name.
    items: Vec<ShownCategory>,
}

/// All categories, most watched first.
#[utoipa::path(get, path = "/api/categories", responses((status = 200, body = CategoryList)))]
pub async fn list(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let changes = app.category_changes.load(Ordering::Acquire);
    let answer = app.category_list.try_get_with(changes, async {
        let db = app.connection().await?;
        let (all, live) = (table::all(&db).await?, table::live(&db).await?);
        let mut items: Vec<_> = all.iter().map(|category| ShownCategory::new(category, &live)).collect();
        items.sort_by_key(|c| std::cmp::Reverse((c.viewers, c.live_channels)));
        Ok::<_, Error>(serde_json::to_string(&CategoryList { items })?)
    });
    match answer.await {
        Ok(answer) => {
            Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(answer))
        }
        Err(e) if e.is_unavailable() => Err(Problem::unavailable(&*e)),
        Err(e) => Err(Problem::internal(&*e)),
    }
}

/// One category. A slug that it had leads to it.
#[utoipa::path(get, path = "/api/categories/{slug}", params(("slug" = String, Path)), responses(
    (status = 200, body = ShownCategory), (status = 308, description = "It has another slug now: `Location`"),
    (status = 404, description = "`category_not_found`")
))]
pub async fn get(app: web::Data<App>, slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let small = slug.to_lowercase();
    let db = app.connection().await?;
    let found = table::by_slug(&db, &small).await?.ok_or(Code::CategoryNotFound)?;
    if found.slug != *slug {
        let location = format!("/api/categories/{}", found.slug);
        return Ok(HttpResponse::PermanentRedirect()
            .insert_header((header::LOCATION, location))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .finish());
    }
    let live = table::live(&db).await?;
    Ok(HttpResponse::Ok().json(ShownCategory::new(&found, &live)))
}

/// The admin who asks, as the user service knows them now.
async fn admin(app: &App, claims: &Claims) -> Result<User, Error> {
    let user = people::by_id(app, claims.sub).await?.filter(|u| !u.suspended && u.platform_role == ADMIN);
    let user = user.ok_or(Code::Forbidden)?;
    app.limits.categories(&app.redis, claims.sub).await?;
    Ok(user)
}

fn by<'a>(claims: &Claims, user: &'a User) -> Admin<'a> {
    Admin { id: claims.sub, name: &user.username }
}

/// The list is another one now, and what is being read of the old one is not kept for it.
async fn forget_list(app: &App) {
    let old = app.category_changes.fetch_add(1, Ordering::AcqRel);
    app.category_list.invalidate(&old).await;
}

async fn changed(app: &App, category: &Category) -> HttpResponse {
    forget_list(app).await;
    HttpResponse::Ok().json(ShownCategory::new(category, &Live::default()))
}

fn name(value: &str, errors: &mut Vec<FieldError>) -> String {
    let name = super::text("name", value, 2, categories::MAX_NAME, errors);
    if search::look(&name).is_empty() {
        let detail = "A name with letters or digits.".to_owned();
        errors.push(FieldError { field: "name".into(), code: "invalid", detail });
    }
    name
}

fn description(value: &str, errors: &mut Vec<FieldError>) -> String {
    lines("description", value, categories::MAX_DESCRIPTION, errors)
}

/// A new category.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewCategory {
    /// 2 to 60 characters; none may look like another's.
    name: String,
    /// 2 to 60 of a-z, 0-9 and single dashes; left out: made of the name.
    slug: Option<String>,
    /// At most 300 characters.
    #[serde(default)]
    description: String,
}

/// Adds a category. Admins may.
#[utoipa::path(post, path = "/api/admin/categories", security(("bearer" = [])), request_body = NewCategory, responses(
    (status = 201, body = ShownCategory), (status = 403, description = "`forbidden`"),
    (status = 409, description = "`category_taken`, `too_many_categories`"), (status = 422, description = "`validation_failed`")
))]
pub async fn add(
    app: web::Data<App>,
    who: Authenticated,
    body: web::Json<NewCategory>,
) -> Result<HttpResponse, Problem> {
    let user = admin(&app, &who.0).await?;
    let mut errors = Vec::new();
    let name = name(&body.name, &mut errors);
    let slug = match &body.slug {
        Some(slug) => categories::slug(slug, &mut errors),
        None => categories::slug(&search::slug(&name, categories::MAX_SLUG), &mut errors),
    };
    let description = description(&body.description, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let category = Category { id: Uuid::now_v7(), slug, name, description, picture: None };
    categories::add(&app, by(&who.0, &user), &category).await?;
    forget_list(&app).await;
    Ok(HttpResponse::Created().json(ShownCategory::new(&category, &Live::default())))
}

/// What is changed; fields left out stay.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct CategoryEdit {
    name: Option<String>,
    slug: Option<String>,
    description: Option<String>,
}

/// Changes a category. Its channels get the new name, and the old slug leads to it. Admins may.
#[utoipa::path(patch, path = "/api/admin/categories/{slug}", security(("bearer" = [])), params(("slug" = String, Path)), request_body = CategoryEdit, responses(
    (status = 200, body = ShownCategory), (status = 403, description = "`forbidden`"), (status = 404, description = "`category_not_found`"),
    (status = 409, description = "`category_taken`"), (status = 422, description = "`validation_failed`")
))]
pub async fn edit(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    body: web::Json<CategoryEdit>,
) -> Result<HttpResponse, Problem> {
    let user = admin(&app, &who.0).await?;
    let mut errors = Vec::new();
    let name = body.name.as_deref().map(|n| name(n, &mut errors));
    let slug = body.slug.as_deref().map(|s| categories::slug(s, &mut errors));
    let description = body.description.as_deref().map(|d| description(d, &mut errors));
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let change = |category: &mut Category| {
        category.name = name.unwrap_or(std::mem::take(&mut category.name));
        category.slug = slug.unwrap_or(std::mem::take(&mut category.slug));
        category.description = description.unwrap_or(std::mem::take(&mut category.description));
    };
    let category = categories::change(&app, by(&who.0, &user), &path, change).await?;
    Ok(changed(&app, &category).await)
}

/// Where channels and links go.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Merge {
    /// The slug of the category that stays.
    into: String,
}

/// Makes a category part of another: its channels move there, and its slugs lead there. Admins may.
#[utoipa::path(post, path = "/api/admin/categories/{slug}/merge", security(("bearer" = [])), params(("slug" = String, Path)), request_body = Merge, responses(
    (status = 200, body = ShownCategory), (status = 403, description = "`forbidden`"), (status = 404, description = "`category_not_found`"),
    (status = 422, description = "`validation_failed`: both are one")
))]
pub async fn merge(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    body: web::Json<Merge>,
) -> Result<HttpResponse, Problem> {
    let user = admin(&app, &who.0).await?;
    let category = categories::merge(&app, by(&who.0, &user), &path, &body.into).await?;
    Ok(changed(&app, &category).await)
}

/// Removes a category: its channels have none from then on. Admins may.
#[utoipa::path(delete, path = "/api/admin/categories/{slug}", security(("bearer" = [])), params(("slug" = String, Path)), responses(
    (status = 204), (status = 403, description = "`forbidden`"), (status = 404, description = "`category_not_found`")
))]
pub async fn remove(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let user = admin(&app, &who.0).await?;
    let gone = categories::remove(&app, by(&who.0, &user), &path).await?;
    forget_list(&app).await;
    if let Some(file) = &gone.picture
        && let Err(e) = pictures::uncover(&app, file).await
    {
        tracing::warn!(error = ?e, "the picture of a removed category stays in storage");
    }
    Ok(HttpResponse::NoContent().finish())
}

async fn show(
    app: &App,
    claims: &Claims,
    user: &User,
    slug: &str,
    file: Option<String>,
) -> Result<HttpResponse, Problem> {
    let mut before = None;
    let change = |category: &mut Category| {
        before = std::mem::replace(&mut category.picture, file);
    };
    let category = categories::change(app, by(claims, user), slug, change).await?;
    if let Some(file) = &category.picture {
        // Otherwise the sweep does it.
        let _ = pictures::covered(app, file).await;
    }
    if let Some(file) = before.filter(|f| category.picture.as_ref() != Some(f))
        && let Err(e) = pictures::uncover(app, &file).await
    {
        tracing::warn!(error = ?e, "the former picture of a category stays in storage");
    }
    Ok(changed(app, &category).await)
}

/// Gives a category a picture. The body is the picture. Admins may.
#[utoipa::path(put, path = "/api/admin/categories/{slug}/picture", security(("bearer" = [])), params(("slug" = String, Path)),
    request_body(content = Vec<u8>, content_type = "image/*", description = "PNG, JPEG, GIF or WebP; at most 5 MiB and 4096 pixels a side"), responses(
    (status = 200, body = ShownCategory), (status = 403, description = "`forbidden`"), (status = 404, description = "`category_not_found`"),
    (status = 413, description = "`payload_too_large`"), (status = 422, description = "`invalid_picture`")
))]
pub async fn put_picture(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let user = admin(&app, &who.0).await?;
    let place = app.pictures.admit(who.0.sub).await.map_err(refused)?;
    let body = body::collect(&request, payload, app.config.pictures.upload.bytes()).await?;
    let stored = pictures::cover(&app, place, body).await.map_err(refused)?;
    show(&app, &who.0, &user, &path, Some(stored.file)).await
}

/// Takes a category's picture away: the page draws one. Admins may.
#[utoipa::path(delete, path = "/api/admin/categories/{slug}/picture", security(("bearer" = [])), params(("slug" = String, Path)), responses(
    (status = 200, body = ShownCategory), (status = 403, description = "`forbidden`"), (status = 404, description = "`category_not_found`")
))]
pub async fn delete_picture(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let user = admin(&app, &who.0).await?;
    show(&app, &who.0, &user, &path, None).await
}

/// What an admin did to a category.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ShownAct {
    #[schema(value_type = String)]
    id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    #[schema(value_type = String)]
    actor_id: Uuid,
    /// The name at the time.
    actor_name: String,
    /// `add`, `change`, `merge`, `remove`.
    act: String,
    slug: String,
    #[schema(value_type = Object)]
    detail: serde_json::Value,
}
/// A page of acts, the newest first.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ActList {
    items: Vec<ShownAct>,
    next_cursor: Option<String>,
}

/// What admins did to categories, newest first. Admins may.
#[utoipa::path(get, path = "/api/admin/categories", security(("bearer" = [])), params(PageQuery), responses(
    (status = 200, body = ActList), (status = 400, description = "`invalid_cursor`"), (status = 403, description = "`forbidden`")
))]
pub async fn acts(
    app: web::Data<App>,
    who: Authenticated,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let before = query.before()?;
    admin(&app, &who.0).await?;
    let db = app.connection().await?;
    // One more tells whether there is another page.
    let mut found = table::acts(&db, before, ACTS as i64 + 1).await?;
    let more = found.len() > ACTS;
    found.truncate(ACTS);
    let next_cursor = found.last().filter(|_| more).map(|act| cursor::encode(0, act.id));
    let items = found.into_iter().map(|a| ShownAct {
        id: a.id,
        at: a.at,
        actor_id: a.actor_id,
        actor_name: a.actor_name,
        act: a.act,
        slug: a.slug,
        detail: a.detail,
    });
    Ok(HttpResponse::Ok().json(ActList { items: items.collect(), next_cursor }))
}
