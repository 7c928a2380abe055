//! The program as a process of its own: its memory and its metrics tell of one test alone, whatever runs beside it.

use crate::stream::StreamStub;
use bytes::Bytes;
use std::{net::SocketAddr, path::Path, time::Duration};
use streamly_auth::SigningKey;
use streamly_lifecycle::Shutdown;
use tokio::process::{Child, Command};

pub struct Program {
    child: Child,
    pub http: SocketAddr,
    pub rtmp: SocketAddr,
    admin: SocketAddr,
    client: reqwest::Client,
    pub stream: StreamStub,
    stub_shutdown: Shutdown,
}

fn free() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Waits until it is so, 60 s at most.
pub async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let look = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), look).await.unwrap_or_else(|_| panic!("never: {what}"));
}

impl Program {
    /// With few descriptors, as a shell has them, patience with silent publishers, and these lines in its configuration, which lies in `folder`.
    pub async fn start(folder: &Path, settings: &str) -> Self {
        let (key, stub_shutdown) = (SigningKey::generate().unwrap(), Shutdown::new());
        let stream = StreamStub::start(&key, &stub_shutdown);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let config = folder.join("ingest.toml");
        let (key, url) = (key.to_text(), &stream.url);
        // A port that was free may be taken by another test before the program has it: then others are tried.
        for _ in 0..5 {
            let [http, rtmp, grpc, admin] = [free(), free(), free(), free()];
            let text = format!(
                "http = \"{http}\"\ngrpc = \"{grpc}\"\nadmin = \"{admin}\"\nladder = []\nencoders = [\"x264enc\"]\n\
                 {settings}\n\
                 [rtmp]\nbind = \"{rtmp}\"\nmedia_timeout = \"60s\"\n[stream]\nurl = \"{url}\"\n[trust]\nkey = \"{key}\"\n"
            );
            std::fs::write(&config, text).unwrap();
            let mut child = Command::new("sh")
                .args(["-c", "ulimit -Sn 256 && exec \"$0\"", env!("CARGO_BIN_EXE_streamly-ingest")])
                .env("STREAMLY_CONFIG", &config)
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            let ready = async || {
                let ready = client.get(format!("http://{admin}/health/ready")).send().await;
                ready.is_ok_and(|answer| answer.status() == 200)
            };
            tokio::select! {
                exit = child.wait() => println!("the program did not start: {exit:?}"),
                () = until("it is ready", ready) => {
                    return Self { child, http, rtmp, admin, client, stream, stub_shutdown };
                }
            }
        }
        panic!("the program does not start")
    }

    /// Its number, as `/proc` has it.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    pub async fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> (u16, Bytes) {
        let url = format!("http://{}{path}", self.http);
        let mut request = self.client.request(method.parse().unwrap(), url);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    }

    pub async fn text(&self, path: &str) -> String {
        let (status, body) = self.ask("GET", path, &[]).await;
        assert_eq!(status, 200, "{path}");
        String::from_utf8(body.to_vec()).unwrap()
    }

    /// A metric without labels; 0 before its first change.
    pub async fn metric(&self, name: &str) -> u64 {
        let all = self.client.get(format!("http://{}/metrics", self.admin)).send().await.unwrap();
        let all = all.text().await.unwrap();
        let value = all.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse::<f64>().unwrap() as u64)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stub_shutdown.start();
    }
}
