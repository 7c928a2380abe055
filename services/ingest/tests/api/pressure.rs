//! Viewers who ask for what is not there, for too much, or never read.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
    process::Program,
};
use std::time::{Duration, Instant};
use streamly_testkit::publisher::{Options, Pace, Publisher};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

async fn live(app: &TestApp) -> String {
    app.stream.key("sk_ada", "ada");
    // Runs on by itself.
    send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    hls::variants(&app.text("/live/ada/index.m3u8").await)[0].1.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_for_a_channel_that_does_not_exist_are_answered_at_once() {
    let app = TestApp::spawn().await;
    let started = Instant::now();
    let mut askers = tokio::task::JoinSet::new();
    for n in 0..10 {
        let (client, address) = (app.http.clone(), app.addresses.http);
        askers.spawn(async move {
            for i in 0..1000 {
                let path = match i % 3 {
                    0 => format!("live/nobody{n}x{i}/index.m3u8"),
                    1 => format!(
                        "live/b/0193a5f0-0000-7000-8000-{n:06}{i:06}/source/index.m3u8?_HLS_msn=1&_HLS_part=0"
                    ),
                    _ => format!("live/b/0193a5f0-0000-7000-8000-{n:06}{i:06}/source/1-{i}.m4s"),
                };
                assert_eq!(
                    client.get(format!("http://{address}/{path}")).send().await.unwrap().status(),
                    404
                );
            }
        });
    }
    while let Some(done) = askers.join_next().await {
        done.unwrap();
    }
    // None was held: ten at a time for ten seconds each would have taken hours.
    assert!(started.elapsed() < Duration::from_secs(200), "took {:?}", started.elapsed());
    println!("10,000 requests for nothing took {:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_the_future_is_refused_or_held_for_a_bounded_time() {
    let app = TestApp::with(|config| config.max_hold = streamly_config::Duration::from_millis(700)).await;
    let path = live(&app).await;
    let list = Playlist::parse(&app.text(&path).await);
    for far in [list.next_msn() + 3, list.next_msn() + 1000, u64::MAX] {
        let answer = app.get(&format!("{path}?_HLS_msn={far}&_HLS_part=0")).await;
        assert_eq!(answer.status(), 400, "{far}");
    }
    // The next but one is two seconds away at least.
    let asked = Instant::now();
    let answer = app.get(&format!("{path}?_HLS_msn={}&_HLS_part=3", list.next_msn() + 1)).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"] == "1"), (503, true));
    let held = asked.elapsed();
    assert!(held >= Duration::from_millis(600) && held < Duration::from_secs(3), "held for {held:?}");
    // A part behind the next is nowhere hinted.
    let hint = list.hint.unwrap();
    let (epoch_msn, rest) = hint.split_once('.').unwrap();
    let part: u32 = rest.trim_end_matches(".m4s").parse().unwrap();
    let beyond = format!("{}/{epoch_msn}.{}.m4s", hls::folder(&path), part + 50);
    assert_eq!(app.get(&beyond).await.status(), 404);
}

/// OBS and a broken line: nothing for five seconds, and then the same broadcast.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hinted_part_is_held_over_a_cut_of_five_seconds_and_is_the_first_of_what_comes() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let first: Vec<_> = tags("obs-gop2-bframes").into_iter().filter(|tag| tag.timestamp < 2500).collect();
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), first).await.unwrap();
    sent.unwrap();
    let path = hls::variants(&app.text("/live/ada/index.m3u8").await)[0].1.clone();
    let list = Playlist::parse(&app.text(&path).await);
    let hint = list.hint.expect("a live playlist hints");
    publisher.reset().await.unwrap();
    app.stream.ended("lost").await;
    // What the segment still had may be the hinted part; the one hinted then is what the cut meets.
    let list = Playlist::parse(&app.text(&path).await);
    let hint = list.hint.clone().unwrap_or(hint);
    let url = app.url(&format!("{}/{hint}", hls::folder(&path)));
    let asked = Instant::now();
    let client = app.http.clone();
    let held = tokio::spawn(async move { client.get(url).send().await.unwrap() });
    // `1-{msn}.{part}.m4s`
    let numbers: Vec<&str> = hint.split(['-', '.']).collect();
    let playlist = app.url(&format!("{path}?_HLS_msn={}&_HLS_part={}", numbers[1], numbers[2]));
    let client = app.http.clone();
    let reload = tokio::spawn(async move { client.get(playlist).send().await.unwrap() });
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!held.is_finished(), "{hint} is held over the cut");
    assert!(!reload.is_finished(), "so is the list with it");
    let _sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    let answer = held.await.unwrap();
    assert_eq!(answer.status(), 200, "{hint} after {:?}", asked.elapsed());
    let bytes = answer.bytes().await.unwrap();
    let reload = reload.await.unwrap();
    assert_eq!(reload.status(), 200);
    let list = Playlist::parse(&reload.text().await.unwrap());
    let came =
        list.parts.iter().map(|(uri, _)| uri).find(|uri| uri.starts_with("2-")).expect("a new epoch's part");
    assert_eq!(app.bytes(&format!("{}/{came}", hls::folder(&path))).await, bytes);
    assert_eq!(list.discontinuities, 1);
}

/// Bytes of the program: resident ones, and segments that lie in files in memory, which are not counted as such.
fn memory(program: &Program) -> u64 {
    let of_it = format!("/proc/{}", program.id());
    let status = std::fs::read_to_string(format!("{of_it}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let resident = line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10;
    let open = std::fs::read_dir(format!("{of_it}/fd")).unwrap().flatten().map(|entry| entry.path());
    let flat = open.filter(|path| {
        path.read_link().is_ok_and(|file| file.to_string_lossy().starts_with("/memfd:segment"))
    });
    resident + flat.filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum::<u64>()
}

/// The most it has until all of these are done, in time.
async fn most_memory(program: &Program, mut tasks: tokio::task::JoinSet<()>) -> u64 {
    let (mut most, begun) = (memory(program), Instant::now());
    let mut look = tokio::time::interval(Duration::from_millis(50));
    loop {
        tokio::select! {
            done = tasks.join_next() => match done {
                Some(done) => done.unwrap(),
                None => return most,
            },
            _ = look.tick() => {
                most = most.max(memory(program));
                assert!(begun.elapsed() < Duration::from_secs(60), "{} viewers are not dropped", tasks.len());
            }
        }
    }
}

/// A viewer with little room.
async fn narrow(program: &Program) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(program.http).await.unwrap()
}

/// The path of a segment of a broadcast that runs on by itself, and how many bytes it has.
async fn a_segment(program: &Program) -> (String, usize) {
    program.stream.key("sk_ada", "ada");
    let options = Options::new("sk_ada").pace(Pace::Speed(1.0));
    send(Publisher::connect(program.rtmp, options).await.unwrap(), tags("obs-gop2-bframes"));
    let path = hls::variants(&program.text("/live/ada/index.m3u8").await)[0].1.clone();
    let list = Playlist::parse(&program.text(&format!("{path}?_HLS_msn=1")).await);
    let name = format!("{}/{}", hls::folder(&path), list.segments[0].uri);
    let (status, bytes) = program.ask("GET", &name, &[]).await;
    assert_eq!(status, 200);
    (name, bytes.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_who_never_read_are_dropped_and_cost_little_memory() {
    const VIEWERS: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), "stall_timeout = \"2s\"").await;
    let (name, size) = a_segment(&program).await;
    assert!(size > 50_000, "{size} bytes");
    let before = memory(&program);
    let mut viewers = tokio::task::JoinSet::new();
    for _ in 0..VIEWERS {
        let mut viewer = narrow(&program).await;
        // Ten segments each, of which nothing is read.
        let request = format!("GET {name} HTTP/1.1\r\nhost: x\r\n\r\n").repeat(10);
        viewer.write_all(request.as_bytes()).await.unwrap();
        viewers.spawn(async move { dropped(&viewer).await });
    }
    let grown = most_memory(&program, viewers).await.saturating_sub(before) as usize;
    println!("{} viewers who never read: {} KiB each", VIEWERS, (grown / VIEWERS) >> 10);
    assert!(grown < VIEWERS * (512 << 10), "{grown} bytes");
    // Others are served as ever.
    assert_eq!(program.ask("GET", &name, &[]).await.1.len(), size);
}

/// The kernel is content with a client that takes a little now and then; the hot path and actix-web behind it are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_who_read_a_little_are_dropped_too_and_cost_no_more() {
    const VIEWERS: usize = 100;
    let folder = tempfile::tempdir().unwrap();
    let settings = "stall_timeout = \"2s\"\nmin_send_rate = \"1 MiB\"";
    let program = Program::start(folder.path(), settings).await;
    let (name, size) = a_segment(&program).await;
    let before = memory(&program);
    let mut viewers = tokio::task::JoinSet::new();
    for n in 0..VIEWERS {
        let mut viewer = narrow(&program).await;
        // More than the kernel takes for them.
        let odd = if n % 4 == 0 { "upgrade: x\r\n" } else { "" };
        let request = format!("GET {name} HTTP/1.1\r\nhost: x\r\n{odd}\r\n").repeat((8 << 20) / size + 1);
        viewer.write_all(request.as_bytes()).await.unwrap();
        viewers.spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(100));
            let mut some = [0; 4096];
            while viewer.read(&mut some).await.is_ok_and(|read| read > 0) {
                pace.tick().await;
            }
        });
    }
    let grown = most_memory(&program, viewers).await.saturating_sub(before) as usize;
    println!("{VIEWERS} viewers who read 40 KiB a second: {} KiB each", (grown / VIEWERS) >> 10);
    assert!(grown < VIEWERS * (512 << 10), "{grown} bytes");
    assert_eq!(program.ask("GET", &name, &[]).await.1.len(), size);
}

/// Until the other side has let go of it: an error waits on the socket.
async fn dropped(viewer: &TcpStream) {
    loop {
        if viewer.take_error().unwrap().is_some() {
            return;
        }
        // A byte that the origin would have to acknowledge; once it is gone, it is refused.
        if viewer.try_write(b"x").is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_playlist_goes_out_in_gzip_to_who_takes_it_and_not_again_to_who_has_it() {
    let app = TestApp::spawn().await;
    let path = live(&app).await;
    let ask = async |headers: &[(&str, &str)], query: &str| {
        let mut request = app.http.get(app.url(&format!("{path}{query}")));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    let list = Playlist::parse(&app.text(&format!("{path}?_HLS_msn=1")).await);
    let past = format!("?_HLS_msn={}", list.sequence);
    let zipped = ask(&[("accept-encoding", "gzip, br")], &past).await;
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    assert_eq!(zipped.headers()["vary"], "Accept-Encoding");
    assert_eq!(zipped.headers()["cache-control"], "public, max-age=1", "it was asked for by number");
    let etag = zipped.headers()["etag"].to_str().unwrap().to_owned();
    assert!(etag.ends_with("-gz\""), "{etag}");
    let mut text = String::new();
    let bytes = zipped.bytes().await.unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).unwrap();
    assert!(Playlist::parse(&text).next_msn() >= list.next_msn(), "{text}");
    // Over, it changes no more.
    let (id, epoch) = app.stream.broadcast("ada").unwrap();
    app.stream.command_end(&id, epoch, "ended").await;
    app.stream.ended("ended").await;
    let over = ask(&[], "").await;
    let etag = over.headers()["etag"].to_str().unwrap().to_owned();
    let again = ask(&[("if-none-match", &etag)], "").await;
    assert_eq!((again.status().as_u16(), again.headers()["etag"] == etag.as_str()), (304, true));
    assert_eq!(again.headers()["access-control-allow-origin"], "*");
    assert!(again.bytes().await.unwrap().is_empty());
    let media = format!("{}/{}", hls::folder(&path), list.segments[0].uri);
    let media = app.http.get(app.url(&media)).header("accept-encoding", "gzip").send().await.unwrap();
    assert!(!media.headers().contains_key("content-encoding"), "media is compressed already");
}
