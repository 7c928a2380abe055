//! The program as its viewers and its operator see it: which way requests are answered, and what lies in memory for them. A process of its
//! own, so that its metrics tell of these viewers alone.

use crate::{
    app::tags,
    hls::{self, Playlist},
    process::{Program, until},
};
use streamly_testkit::publisher::{Options, Pace, Publisher};

const LEFT: &str = "streamly_ingest_http_left_hot_path_total";
const FLAT: &str = "streamly_ingest_flat_segment_bytes";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_stay_on_the_hot_path_and_what_many_want_lies_in_memory_while_it_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let rewind = folder.path().join("rewind");
    let settings = format!(
        "target_duration = \"2s\"\nwindow = \"6s\"\nrewind_dir = {rewind:?}\nrewind_keep_free = \"0 B\""
    );
    let program = Program::start(folder.path(), &settings).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", program.id())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let files: Vec<u64> = files.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(files[0], files[1].min(1 << 20), "descriptors for viewers and for segments");

    program.stream.key("sk_ada", "ada");
    let options = Options::new("sk_ada").pace(Pace::Speed(2.0));
    let publisher = Publisher::connect(program.rtmp, options).await.unwrap();
    let (mut publisher, sent) = crate::app::send(publisher, tags("obs-gop2-bframes")).await.unwrap();
    sent.unwrap();
    // From here on it is silent: what is new stays so until it goes on.

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
    publisher.restart_clock();
    let goes_on =
        tokio::spawn(async move { while publisher.send(&tags("obs-gop2-bframes")).await.is_ok() {} });
    until("memory lets go of it", async || program.metric(FLAT).await == 0).await;
    // From disk now.
    assert_eq!(program.ask("GET", &whole, &[]).await, (200, first));
    assert_eq!(program.metric(LEFT).await, 0);
    assert_eq!(program.ask("POST", &whole, &[]).await.0, 405);
    assert_eq!(program.metric(LEFT).await, 1, "and what leaves it is counted");
    goes_on.abort();
}
