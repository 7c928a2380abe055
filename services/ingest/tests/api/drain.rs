//! Who is asked to move, when, and who is not.

use crate::app::{TestApp, send, tags};
use std::{fs, path::Path, time::Duration};
use streamly_config::Duration as Setting;
use streamly_proto::stream::v1::State;
use streamly_testkit::{
    flv::Tag,
    publisher::{Options, Publisher},
};

/// Enough to be live with.
fn media() -> Vec<Tag> {
    tags("obs-gop2-bframes").into_iter().filter(|tag| tag.timestamp < 1200).collect()
}

/// Publishes under a key of that name, up to being live, and then keeps silent.
async fn live(app: &TestApp, name: &str, certificate: Option<&[u8]>) -> Publisher {
    app.stream.key(name, name);
    let options = Options::new(name);
    let (address, options) = match certificate {
        Some(certificate) => (app.addresses.rtmps.unwrap(), options.tls(certificate)),
        None => (app.addresses.rtmp, options),
    };
    let publisher = Publisher::connect(address, options).await.unwrap();
    let (publisher, sent) = send(publisher, media()).await.unwrap();
    sent.unwrap();
    let (id, _) = app.stream.broadcast(name).unwrap();
    app.stream.report("live", |r| r.broadcast_id == id && r.state == State::Live as i32).await;
    publisher
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_publishers_are_asked_before_a_short_drain_is_over() {
    // At four a second it would take five seconds.
    const PUBLISHERS: usize = 20;
    let app = TestApp::with(|config| {
        config.drain = Setting::from_secs(3);
        config.rate_limits = false;
    })
    .await;
    let mut publishers = Vec::new();
    for n in 0..PUBLISHERS {
        publishers.push(live(&app, &format!("sk_{n}"), None).await);
    }
    app.begin_stop();
    app.stream.draining("ingest-1").await;
    app.stream.elsewhere(1);
    let mut asked = 0;
    for publisher in &mut publishers {
        asked += usize::from(publisher.asked_to_reconnect().await);
    }
    assert_eq!(asked, PUBLISHERS, "the others were cut off without a word");
}

/// A node with both doors and the certificate of the second one, and a publisher at each: by RTMPS, by RTMP.
async fn at_both_doors(folder: &Path, drain: Setting) -> (TestApp, Publisher, Publisher) {
    let app = TestApp::with(|config| {
        config.drain = drain;
        config.rtmp.media_timeout = Setting::from_secs(60);
        config.rtmps.bind = Some(([127, 0, 0, 1], 0).into());
        config.rtmps.own_dir = Some(folder.to_owned());
    })
    .await;
    let certificate = fs::read(folder.join("rtmps.crt")).unwrap();
    let secure = live(&app, "sk_secure", Some(&certificate)).await;
    let plain = live(&app, "sk_plain", None).await;
    (app, secure, plain)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_came_by_rtmps_stays_unless_every_other_node_is_known_to_have_a_door_for_it() {
    for (nodes, rtmps) in [(1, 0), (2, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (app, mut secure, mut plain) = at_both_doors(folder.path(), Setting::from_secs(6)).await;
        app.begin_stop();
        app.stream.draining("ingest-1").await;
        app.stream.elsewhere_by(nodes, rtmps);
        assert!(plain.asked_to_reconnect().await);
        // It is closed when the drain is over, which it tries again after.
        let asked = tokio::time::timeout(Duration::from_secs(60), secure.asked_to_reconnect()).await;
        assert!(!asked.expect("closed"), "{rtmps} of {nodes}: it would give up where it is refused");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_came_by_rtmps_is_asked_as_soon_as_every_other_node_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    // Longer than its publishers' turns take, however loaded the machine is.
    let (app, mut secure, mut plain) = at_both_doors(folder.path(), Setting::from_secs(60)).await;
    app.begin_stop();
    app.stream.draining("ingest-1").await;
    app.stream.elsewhere_by(2, 1);
    assert!(plain.asked_to_reconnect().await);
    // The one without such a door is gone.
    app.stream.elsewhere_by(1, 1);
    assert!(secure.asked_to_reconnect().await, "it was cut off without a word");
}

/// Nobody could take what would be waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_alone_stops_when_its_drain_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(|config| {
        crate::rewind::settings(config, folder.path());
        config.drain = Setting::from_secs(1);
    })
    .await;
    let publisher = live(&app, "sk_ada", None).await;
    app.stop_within(Duration::from_secs(6)).await;
    drop(publisher);
}
