//! `/api/openapi.json`, merged from the services' own documents and what this one answers itself, and `/api/docs`, which renders it (Swagger UI, vendored; no inline script).
//!
//! A service that is away is left out and named in `x-missing`.

use crate::{config::Config, forward::Services, limits, oembed};
use actix_web::{HttpResponse, ResponseError, http::header, web};
use moka::future::Cache;
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};
use streamly_http::Problem;
use streamly_status::Code;

/// The merged document is made again after this.
const FRESH: Duration = Duration::from_secs(5);

/// The merged document, for a while.
pub(crate) struct Document {
    merged: Cache<(), Arc<Value>>,
}

impl Document {
    pub(crate) fn new() -> Self {
        Self { merged: Cache::builder().time_to_live(FRESH).build() }
    }
}

/// `GET /api/openapi.json`
pub(crate) async fn openapi(
    document: web::Data<Document>,
    services: web::Data<Services>,
    config: web::Data<Config>,
) -> HttpResponse {
    let merged = document.merged.get_with((), async {
        let url = |base: &str, name: &str| format!("{}/api/{name}/openapi.json", base.trim_end_matches('/'));
        let (user, stream, chat) = (
            url(&config.user_url, "auth"),
            url(&config.stream_url, "streams"),
            url(&config.chat_url, "chat"),
        );
        let (user, stream, chat) =
            tokio::join!(services.json(&user), services.json(&stream), services.json(&chat));
        Arc::new(merge([("user", user), ("stream", stream), ("chat", chat)]))
    });
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-cache")).json(&*merged.await)
}

/// `GET /api/docs`: the page's own links are relative.
pub(crate) async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/api/docs/")).finish()
}

/// `GET /api/docs/…`
pub(crate) async fn page(file: web::Path<String>) -> HttpResponse {
    let config = utoipa_swagger_ui::Config::from("/api/openapi.json").validator_url("none");
    match utoipa_swagger_ui::serve(&file, Arc::new(config)) {
        Ok(Some(found)) => {
            let mut builder = HttpResponse::Ok();
            if found.gzpipped {
                builder.insert_header((header::CONTENT_ENCODING, "gzip"));
            }
            builder.content_type(found.content_type).body(found.bytes.into_owned())
        }
        Ok(None) => Problem::new(Code::NotFound).error_response(),
        Err(e) => {
            tracing::error!(error = %e, "the API page could not be made");
            Problem::new(Code::Internal).error_response()
        }
    }
}

fn merge(documents: [(&str, Option<Value>); 3]) -> Value {
    let mut merged = json!({
        "openapi": "3.1.0",
        "info": {"title": "Streamly", "version": env!("CARGO_PKG_VERSION"), "description": "Every public call of the platform."},
    });
    let mut missing = Vec::new();
    for (name, document) in documents {
        match document {
            Some(Value::Object(parts)) => {
                for (key, value) in parts
                    .into_iter()
                    .filter(|(k, _)| matches!(k.as_str(), "paths" | "components" | "tags" | "security"))
                {
                    add(&mut merged[key], value);
                }
            }
            _ => missing.push(name),
        }
    }
    if !missing.is_empty() {
        merged["x-missing"] = json!(missing);
    }
    if merged.get("paths").is_none() {
        merged["paths"] = Value::Object(Map::new());
    }
    add(&mut merged["paths"], oembed::document());
    add(&mut merged["paths"], limits::document());
    merged
}

/// Objects are joined, lists appended, the first of anything else stays.
fn add(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.into_iter().for_each(|(k, v)| match into.get_mut(&k) {
                Some(there) => add(there, v),
                None => drop(into.insert(k, v)),
            })
        }
        (Value::Array(into), Value::Array(from)) => from.into_iter().for_each(|v| {
            if !into.contains(&v) {
                into.push(v);
            }
        }),
        (into @ Value::Null, from) => *into = from,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn documents_are_joined_and_a_missing_one_is_named() {
        let a = json!({"paths": {"/a": {"get": 1}}, "components": {"schemas": {"P": {"x": 1}}}, "tags": [1]});
        let b = json!({"paths": {"/b": {"get": 2}}, "components": {"schemas": {"P": {"x": 1}, "Q": 2}}, "tags": [1, 2], "info": 5});
        let merged = super::merge([("user", Some(a)), ("stream", Some(b)), ("chat", None)]);
        let mut paths = merged["paths"].clone();
        for own in ["/oembed", "/api/admin/limits/web"] {
            assert!(paths.as_object_mut().unwrap().remove(own).is_some(), "this service's own");
        }
        assert_eq!(paths, json!({"/a": {"get": 1}, "/b": {"get": 2}}));
        assert_eq!(merged["components"]["schemas"], json!({"P": {"x": 1}, "Q": 2}));
        assert_eq!(merged["tags"], json!([1, 2]));
        assert_eq!(merged["x-missing"], json!(["chat"]));
        assert_eq!(merged["info"]["title"], "Streamly");
    }
}
