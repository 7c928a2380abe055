//! The browser app, built into the program from `app/dist` (in debug builds read from there): its files, and the compression and caching of
//! them and of its pages.
//!
//! Hashed files under `assets/` are immutable; everything else is asked for again with its ETag. A path that looks like a page is one of
//! `pages`; anything else unknown is 404 as a problem, never a page. Without a built app, pages say how to build it.

use crate::{config::Config, pages};
use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{Method, StatusCode, header},
    web,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use moka::sync::Cache;
use parking_lot::Mutex;
use rust_embed::RustEmbed;
use std::{borrow::Cow, collections::HashMap, io::Write, time::Duration};
use streamly_http::Problem;
use streamly_status::Code;

/// Smaller files are not worth compressing, bytes.
const GZIP_FROM: usize = 1024;
/// Compressed files kept; a release has fewer.
const GZIP_MAX: usize = 512;
/// Compressed pages kept, a kilobyte or two each, and for how long after they were last asked for.
const PAGES_MAX: u64 = 2_000;
const PAGES_IDLE: Duration = Duration::from_secs(60);
pub(crate) const MISSING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><!--page--><title>Streamly</title><!--/page--><h1>The browser app is not built</h1>\
<p>Build it with <code>npm ci &amp;&amp; npm run build</code> in <code>services/web/app</code>, then build this program again \
(<code>scripts/web-app</code> does the first, <code>scripts/up</code> both). The API is at <a href=\"/api/docs/\">/api/docs</a>.</p></html>";

#[derive(RustEmbed)]
#[folder = "app/dist"]
#[allow_missing = true]
struct Dist;

/// What was compressed, by its SHA-256.
pub(crate) struct Assets {
    gzipped: Mutex<HashMap<[u8; 32], Bytes>>,
    /// Pages apart: there are as many as there are channels, and none may put a file out.
    pages: Cache<[u8; 32], Bytes>,
}

impl Default for Assets {
    fn default() -> Self {
        let pages = Cache::builder().max_capacity(PAGES_MAX).time_to_idle(PAGES_IDLE).build();
        Self { gzipped: Mutex::default(), pages }
    }
}

fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

impl Assets {
    fn gzipped(&self, content: &Content<'_>) -> Option<Bytes> {
        let hash = content.hash;
        if content.made {
            let known = self.pages.get(&hash);
            return known.or_else(|| gzip(&content.data).inspect(|new| self.pages.insert(hash, new.clone())));
        }
        if let Some(known) = self.gzipped.lock().get(&hash) {
            return Some(known.clone());
        }
        let bytes = gzip(&content.data)?;
        let mut all = self.gzipped.lock();
        if all.len() >= GZIP_MAX {
            all.clear();
        }
        all.insert(hash, bytes.clone());
        Some(bytes)
    }

    /// The app's one page as it was built; none: it was not.
    pub(crate) fn index() -> Option<String> {
        Dist::get("index.html").and_then(|file| String::from_utf8(file.data.into_owned()).ok())
    }

    /// A page that was made of it. `hash`: of everything that tells it from others.
    pub(crate) fn page(
        &self,
        request: &HttpRequest,
        status: StatusCode,
        html: String,
        hash: [u8; 32],
    ) -> HttpResponse {
        let data = Cow::Owned(html.into_bytes());
        let content = Content { path: "index.html", data, hash, status, made: true };
        answer(request, self, content)
    }
}

/// The file as the build compressed it, further than gzip does here.
fn brotli(path: &str) -> Option<Cow<'static, [u8]>> {
    Dist::get(&format!("{path}.br")).map(|file| file.data)
}

/// What is given out.
struct Content<'a> {
    /// In the app's folder.
    path: &'a str,
    data: Cow<'static, [u8]>,
    hash: [u8; 32],
    status: StatusCode,
    /// For its address, and not a file.
    made: bool,
}

/// The default handler: a file of the app, a page, or 404.
pub(crate) async fn file_or_page(
    request: HttpRequest,
    assets: web::Data<Assets>,
    config: web::Data<Config>,
    cards: pages::About,
) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(Code::MethodNotAllowed).error_response();
    }
    let path = request.path().trim_start_matches('/');
    if !path.is_empty()
        && let Some(file) = Dist::get(path)
    {
        let hash = file.metadata.sha256_hash();
        return answer(
            &request,
            &assets,
            Content { path, data: file.data, hash, status: StatusCode::OK, made: false },
        );
    }
    if is_for_machines(path) || !is_page(path) && !wants_page(&request) {
        return Problem::new(Code::NotFound).error_response();
    }
    pages::page(&request, &assets, &config, &cards).await
}

/// Below these folders nothing is a page.
fn is_for_machines(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    matches!(first, "api" | "live" | "ws" | "assets" | "health" | ".well-known")
}

/// Pages have no dot in their last segment.
fn is_page(path: &str) -> bool {
    !path.rsplit('/').next().unwrap_or_default().contains('.')
}

/// Whoever follows a link to a file that is not there is told so by a page.
fn wants_page(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok());
    accepted.is_some_and(|kinds| kinds.contains("text/html"))
}

fn answer(request: &HttpRequest, assets: &Assets, content: Content<'_>) -> HttpResponse {
    let Content { path, hash, status, .. } = content;
    let etag = format!("W/\"{}\"", hash[..16].iter().map(|b| format!("{b:02x}")).collect::<String>());
    let caching =
        if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut builder = HttpResponse::build(status);
    builder
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::ETAG, etag.as_str()))
        .insert_header((header::VARY, "Accept-Encoding"));
    let has = |name, text: &str| {
        let value = request.headers().get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
        value.is_some_and(|v| {
            v.split(',')
                .any(|t| t.trim().split(';').next() == Some(text) && !t.replace(' ', "").ends_with(";q=0"))
        })
    };
    // What is not there is told anew each time (RFC 9110 §13.2.1).
    if status.is_success() && has(header::IF_NONE_MATCH, &etag) {
        return HttpResponse::NotModified()
            .insert_header((header::CACHE_CONTROL, caching))
            .insert_header((header::ETAG, etag))
            .finish();
    }
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let text = mime.type_() == "text"
        || matches!(
            mime.subtype().as_str(),
            "javascript" | "json" | "wasm" | "svg" | "manifest+json" | "xml"
        );
    let kind = if mime.type_() == "text" { format!("{mime}; charset=utf-8") } else { mime.to_string() };
    builder.content_type(kind);
    if (text || path.ends_with(".svg")) && content.data.len() >= GZIP_FROM {
        if !content.made
            && has(header::ACCEPT_ENCODING, "br")
            && let Some(data) = brotli(path)
        {
            return builder.insert_header((header::CONTENT_ENCODING, "br")).body(bytes(data));
        }
        if has(header::ACCEPT_ENCODING, "gzip")
            && let Some(bytes) = assets.gzipped(&content)
        {
            return builder.insert_header((header::CONTENT_ENCODING, "gzip")).body(bytes);
        }
    }
    builder.body(bytes(content.data))
}

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Assets, Content, GZIP_MAX, StatusCode, is_for_machines, is_page};
    use std::borrow::Cow;

    #[test]
    fn only_paths_that_look_like_pages_are_pages() {
        for page in ["", "alice", "login", "embed/alice", "dashboard/keys", "live_for_ever"] {
            assert!(is_page(page) && !is_for_machines(page), "{page}");
        }
        for other in
            ["api", "api/x", "live", "ws", "assets/x", "favicon.ico", "a/b.js", ".well-known/x", "health"]
        {
            assert!(!is_page(other) || is_for_machines(other), "{other}");
        }
    }

    #[test]
    fn however_many_pages_there_are_files_stay_compressed() {
        let assets = Assets::default();
        let content = |n: usize, made| {
            let (mut hash, data) = ([0; 32], Cow::Owned(n.to_string().into_bytes()));
            hash[..8].copy_from_slice(&n.to_be_bytes());
            Content { path: "x", data, hash, status: StatusCode::OK, made }
        };
        let file = assets.gzipped(&content(0, false)).unwrap();
        for n in 1..=GZIP_MAX * 2 {
            assets.gzipped(&content(n, true)).unwrap();
        }
        let kept = assets.gzipped.lock().get(&[0; 32]).cloned();
        assert_eq!(kept, Some(file));
    }
}
