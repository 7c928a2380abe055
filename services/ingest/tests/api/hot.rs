//! The hot path and actix-web answer the same of the same files. A request that upgrades to nothing known is not simple, and actix-web
//! takes no notice of it.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
};
use bytes::Bytes;
use std::collections::BTreeMap;

type Told = (u16, BTreeMap<String, String>, Bytes);

/// Both ways, each with connections of its own: one that has left the hot path never comes back.
async fn both(
    app: &TestApp,
    odd: &reqwest::Client,
    path: &str,
    method: &str,
    fields: &[(&str, &str)],
) -> [Told; 2] {
    [
        told(&app.http, app, path, method, fields, false).await,
        told(odd, app, path, method, fields, true).await,
    ]
}

async fn told(
    client: &reqwest::Client,
    app: &TestApp,
    path: &str,
    method: &str,
    fields: &[(&str, &str)],
    odd: bool,
) -> Told {
    let mut request = client.request(method.parse().unwrap(), app.url(path)).header("x-request-id", "same");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    if odd {
        request = request.header("upgrade", "nothing");
    }
    let answer = request.send().await.unwrap();
    let fields =
        answer.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let mut fields: BTreeMap<_, _> = fields.collect();
    assert!(fields.remove("date").is_some(), "{path}");
    (answer.status().as_u16(), fields, answer.bytes().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_way_a_request_takes_its_answer_is_the_same() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let publisher = app.publish("sk_ada").await.unwrap();
    send(publisher, tags("obs-gop2-bframes")).await.unwrap().1.unwrap();
    let (id, epoch) = app.stream.broadcast("ada").unwrap();
    let odd = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in
        ["/live/ada/index.m3u8", "/live/Ada/index.m3u8?ll=0&sid=s-1&b=2", "/live/ada/index.m3u8?ll=%31"]
    {
        for method in ["GET", "HEAD"] {
            let [hot, odd] = both(&app, &odd, path, method, &[]).await;
            assert_eq!(hot, odd, "{method} {path}");
            assert_eq!(hot.0, if path.contains('%') { 400 } else { 200 });
        }
    }
    app.stream.command_end(&id, epoch, "ended").await;
    app.stream.ended("ended").await;
    let path = format!("/live/b/{id}/source/index.m3u8");
    let list = Playlist::parse(&app.text(&path).await);
    let folder = hls::folder(&path);
    let whole = format!("{folder}/{}", list.segments[0].uri);
    let etag = app.get(&path).await.headers()["etag"].to_str().unwrap().to_owned();
    let paths = [
        path.clone(),
        format!("{path}?ll=0&sid=abc"),
        format!("{path}?_HLS_msn=0&_HLS_part=1&_HLS_skip=YES"),
        format!("{path}?_HLS_part=1"),
        format!("{path}?ll=%31"),
        path.replace("index", "iframes"),
        whole.clone(),
        format!("{folder}/{}", list.parts.last().unwrap().0),
        format!("{folder}/{}", list.maps[0]),
        format!("{folder}/9-999.m4s"),
        format!("{folder}/x"),
        path.replace("source", "144p"),
        path.replace(&id, "none"),
        "/live/ada/index.m3u8".to_owned(),
        format!("/live/b/{id}/index.m3u8"),
        format!("/live/b/{id}/source/"),
        "/live/".to_owned(),
        "/live".to_owned(),
    ];
    for path in &paths {
        for method in ["GET", "HEAD"] {
            for fields in [
                &[][..],
                &[("accept-encoding", "gzip")],
                &[("if-none-match", &etag)],
                &[("range", "bytes=5-90000")],
                &[("range", "bytes=-7")],
                &[("range", "bytes=99999999-")],
                &[("connection", "close")],
            ] {
                let [hot, odd] = both(&app, &odd, path, method, fields).await;
                assert_eq!(hot, odd, "{method} {path} {fields:?}");
            }
        }
    }
    // The first asked for it in pieces; from the second on it was a file in memory.
    let bytes = app.bytes(&whole).await;
    for _ in 0..3 {
        assert_eq!(app.bytes(&whole).await, bytes);
    }
    let [(_, _, some), (_, _, same)] = both(&app, &odd, &whole, "GET", &[("range", "bytes=5-90000")]).await;
    assert_eq!(some, bytes.slice(5..bytes.len().min(90_001)));
    assert_eq!(same, some);
    app.stop().await;
}
