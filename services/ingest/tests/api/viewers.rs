//! The program as its viewers and its operator see it: which way requests are answered, and what lies in memory for them. A process of its
//! own, so that its metrics tell of these viewers alone.

use crate::{
    app::tags,
    hls::{self, Playlist},
    stream::StreamStub,
};
use bytes::Bytes;
use std::{net::SocketAddr, path::Path, time::Duration};
use streamly_auth::SigningKey;
use streamly_lifecycle::Shutdown;
use streamly_testkit::publisher::{Options, Pace, Publisher};
use tokio::process::{Child, Command};

const LEFT: &str = "streamly_ingest_http_left_hot_path_total";
const FLAT: &str = "streamly_ingest_flat_segment_bytes";

struct Program {
    child: Child,
    http: SocketAddr,
    rtmp: SocketAddr,
    admin: SocketAddr,
    client: reqwest::Client,
    stream: StreamStub,
    stub_shutdown: Shutdown,
}

fn free() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Program {
    /// With few descriptors, as a shell has them, and a short window, what is older on disk.
    async fn start(folder: &Path) -> Self {
        let (key, stub_shutdown) = (SigningKey::generate().unwrap(), Shutdown::new());
        let stream = StreamStub::start(&key, &stub_shutdown);
        let [http, rtmp, grpc, admin] = [free(), free(), free(), free()];
        let config = folder.join("ingest.toml");
        let (rewind, key, url) = (folder.join("rewind"), key.to_text(), &stream.url);
        let text = format!(
            "http = \"{http}\"\ngrpc = \"{grpc}\"\nadmin = \"{admin}\"\nladder = []\nencoders = [\"x264enc\"]\n\
             target_duration = \"2s\"\nwindow = \"6s\"\nrewind_dir = {rewind:?}\nrewind_keep_free = \"0 B\"\n\
             [rtmp]\nbind = \"{rtmp}\"\n[stream]\nurl = \"{url}\"\n[trust]\nkey = \"{key}\"\n"
        );
        std::fs::write(&config, text).unwrap();
        let child = Command::new("sh")
            .args(["-c", "ulimit -Sn 256 && exec \"$0\"", env!("CARGO_BIN_EXE_streamly-ingest")])
            .env("STREAMLY_CONFIG", &config)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let program = Self { child, http, rtmp, admin, client, stream, stub_shutdown };
        let ready = async |program: &Self| {
            let ready = program.client.get(format!("http://{admin}/health/ready")).send().await;
            ready.is_ok_and(|answer| answer.status() == 200)
        };
        program.until("it is ready", ready).await;
        program
    }

    async fn until(&self, what: &str, so: impl AsyncFn(&Self) -> bool) {
        let look = async {
            while !so(self).await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), look).await.unwrap_or_else(|_| panic!("never: {what}"));
    }

    async fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> (u16, Bytes) {
        let url = format!("http://{}{path}", self.http);
        let mut request = self.client.request(method.parse().unwrap(), url);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    }

    async fn text(&self, path: &str) -> String {
        let (status, body) = self.ask("GET", path, &[]).await;
        assert_eq!(status, 200, "{path}");
        String::from_utf8(body.to_vec()).unwrap()
    }

    /// A metric without labels; 0 before its first change.
    async fn metric(&self, name: &str) -> u64 {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_stay_on_the_hot_path_and_what_many_want_lies_in_memory_while_it_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path()).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", program.child.id().unwrap())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let files: Vec<u64> = files.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(files[0], files[1].min(1 << 20), "descriptors for viewers and for segments");

    program.stream.key("sk_ada", "ada");
    let options = Options::new("sk_ada").pace(Pace::Speed(2.0)).loops(30);
    let publisher = Publisher::connect(program.rtmp, options).await.unwrap();
    let sent = crate::app::send(publisher, tags("obs-gop2-bframes"));

    // A player's beginning, an edge's, and what crawlers ask for.
    let path = hls::variants(&program.text("/live/ada/index.m3u8").await)[0].1.clone();
    let id = path.split('/').nth(3).unwrap();
    program.text(&format!("/live/ada/index.m3u8?sid=edge-sid-placeholder&ll=0&b={id}")).await;
    let list = Playlist::parse(&program.text(&format!("{path}?_HLS_msn=1")).await);
    let file = |name: &str| format!("{}/{name}", hls::folder(&path));
    assert_eq!(program.ask("GET", &file(&list.parts.last().unwrap().0), &[]).await.0, 200);
    assert_eq!(program.ask("GET", &file(&list.maps[0]), &[]).await.0, 200);
    for nothing in ["/live/nobody/index.m3u8", "/live/ada/favicon.ico", "/live/b/1/index.m3u8"] {
        assert_eq!(program.ask("GET", nothing, &[]).await.0, 404, "{nothing}");
    }
    assert_eq!(program.metric(LEFT).await, 0, "nothing of it left the hot path");

    let whole = file(&list.segments.last().unwrap().uri);
    for _ in 0..3 {
        assert_eq!(program.ask("HEAD", &whole, &[]).await.0, 200);
        assert_eq!(program.ask("HEAD", &whole, &[("range", "bytes=0-0")]).await.0, 200);
        assert_eq!(program.ask("GET", &whole, &[("range", "bytes=0-0")]).await.0, 206);
    }
    let (_, first) = program.ask("GET", &whole, &[]).await;
    assert_eq!(program.metric(FLAT).await, 0, "one alone has asked for all of it");
    for _ in 0..3 {
        assert_eq!(program.ask("GET", &whole, &[]).await, (200, first.clone()));
        assert_eq!(program.metric(FLAT).await, first.len() as u64, "the second had it laid out, once");
    }
    assert_eq!(program.ask("GET", &whole, &[("range", "bytes=7-8")]).await, (206, first.slice(7..9)));
    program.until("memory lets go of it", async |program| program.metric(FLAT).await == 0).await;
    // From disk now.
    assert_eq!(program.ask("GET", &whole, &[]).await, (200, first));
    assert_eq!(program.metric(LEFT).await, 0);
    assert_eq!(program.ask("POST", &whole, &[]).await.0, 405);
    assert_eq!(program.metric(LEFT).await, 1, "and what leaves it is counted");
    sent.abort();
}
