//! A page's event stream, read frame by frame.

use super::{LONG, TestApp};
use serde_json::Value;
use tokio::time::timeout;

/// An open event stream, frame by frame.
pub struct Events {
    response: reqwest::Response,
    text: String,
}

/// One frame: id, event, data; a comment has only `comment`.
#[derive(Debug, Default, Clone)]
pub struct Frame {
    pub id: String,
    pub event: String,
    pub data: Value,
    pub comment: bool,
}

impl Events {
    pub async fn open(app: &TestApp, topics: &str, token: &str, last: Option<&str>) -> Self {
        let mut request = app.http.get(app.url(&format!("/api/events?topics={topics}")));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        Self::of(request).await
    }
    /// Somebody without an account who shows a playback token.
    pub async fn open_by(app: &TestApp, topics: &str, pass: &str) -> Self {
        let url = app.url(&format!("/api/events?topics={topics}"));
        Self::of(app.http.get(url).header("x-playback-token", pass)).await
    }
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = timeout(LONG, request.send()).await.unwrap().unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
        Self { response, text: String::new() }
    }
    /// The next frame; `None` at the end.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                if frame.starts_with("retry:") {
                    continue;
                }
                let mut f = Frame { comment: frame.starts_with(':'), ..Frame::default() };
                for line in frame.lines() {
                    match line.split_once(": ") {
                        Some(("id", id)) => f.id = id.into(),
                        Some(("event", event)) => f.event = event.into(),
                        Some(("data", data)) => f.data = serde_json::from_str(data).unwrap(),
                        _ => {}
                    }
                }
                return Some(f);
            }
            let chunk = timeout(LONG, self.response.chunk()).await.expect("a frame").ok().flatten()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
    /// The next frame of that name that satisfies the condition.
    pub async fn find(&mut self, event: &str, mut is: impl FnMut(&Value) -> bool) -> Frame {
        let finding = async {
            loop {
                let frame = self.next().await.expect("goes on");
                if frame.event == event && is(&frame.data) {
                    return frame;
                }
            }
        };
        timeout(LONG, finding).await.unwrap_or_else(|_| panic!("never: {event}"))
    }
}
