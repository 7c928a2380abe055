//! Golden playlists: the exact text of each situation. Read a changed snapshot against the draft before taking it.

use streamly_hls::{
    IframeStream, Multivariant, Rendition, RenditionReport, Variant, WindowConfig, bandwidth,
};

use crate::feed::{Feed, body};
use crate::parser::parse;

fn feed() -> Feed {
    Feed::new(WindowConfig { window: std::time::Duration::from_secs(6), ..WindowConfig::default() }, 100)
}

fn golden(name: &str, text: &str) {
    parse(text);
    insta::assert_snapshot!(name, text);
}

#[test]
fn the_first_part_is_listed_before_any_segment_is_whole() {
    let mut feed = feed();
    feed.part(200);
    golden("start", &feed.text(Variant::Full));
}

#[test]
fn a_lead_in_stands_before_the_first_parts_and_goes_with_the_first_segment() {
    let mut feed = feed();
    feed.lead_in();
    (0..3).for_each(|_| feed.part(200));
    golden("lead_in", &feed.text(Variant::Full));
    feed.last_part(200);
    feed.part(200);
    golden("lead_in_over", &feed.text(Variant::Full));
    golden("lead_in_over_plain", &feed.text(Variant::Plain));
}

#[test]
fn a_steady_stream_lists_parts_of_the_last_three_segments() {
    let mut feed = feed();
    feed.segments(9, 5);
    feed.part(200);
    feed.part(180);
    let reports = [
        RenditionReport { uri: "../720p/index.m3u8".into(), last_msn: 109, last_part: Some(1) },
        RenditionReport { uri: "../360p/index.m3u8".into(), last_msn: 109, last_part: None },
    ];
    insta::assert_snapshot!("steady_iframes", feed.text(Variant::Iframes));
    golden("steady", &body(&feed.window.playlist(Variant::Full, &reports)));
}

#[test]
fn at_a_segment_border_the_hint_is_part_0_of_the_next() {
    let mut feed = feed();
    feed.segments(2, 3);
    golden("segment_border", &feed.text(Variant::Full));
}

#[test]
fn a_cut_ends_the_segment_and_takes_the_hint_away() {
    let mut feed = feed();
    feed.segments(1, 3);
    feed.part(200);
    feed.cut();
    golden("cut", &feed.text(Variant::Full));
}

#[test]
fn a_reconnect_is_one_discontinuity_with_its_own_map() {
    let mut feed = feed();
    feed.segments(1, 3);
    feed.part(200);
    feed.cut();
    feed.reconnect(5);
    feed.segments(1, 3);
    feed.part(200);
    golden("reconnect", &feed.text(Variant::Full));
}

#[test]
fn a_delta_update_skips_what_is_before_the_boundary() {
    let config = WindowConfig { window: std::time::Duration::from_secs(30), ..WindowConfig::default() };
    let mut feed = Feed::new(config, 100);
    feed.segments(9, 10);
    feed.part(200);
    golden("delta", &feed.text(Variant::Delta));
}

#[test]
fn missing_media_is_a_gap() {
    let mut feed = feed();
    feed.segments(1, 2);
    feed.part(200);
    feed.try_part(200, true, true).expect("gap is taken");
    feed.try_part(200, true, true).expect("gap is taken");
    feed.segments(1, 2);
    golden("gap", &feed.text(Variant::Full));
}

#[test]
fn an_ended_stream_has_endlist_and_no_hint() {
    let mut feed = feed();
    feed.segments(1, 3);
    feed.part(200);
    feed.window.end(feed.now);
    golden("ended", &feed.text(Variant::Full));
}

#[test]
fn the_plain_sibling_knows_whole_segments_only() {
    let mut feed = feed();
    feed.segments(7, 5);
    feed.cut();
    feed.reconnect(5);
    feed.segments(1, 5);
    feed.part(200);
    golden("plain", &feed.text(Variant::Plain));
}

#[test]
fn a_number_that_jumps_starts_the_list_anew() {
    let mut feed = feed();
    feed.segments(2, 3);
    feed.cut();
    feed.reconnect(5);
    feed.msn = 500;
    feed.segments(1, 2);
    golden("jump", &feed.text(Variant::Full));
}

#[test]
fn the_multivariant_playlist_announces_every_rendition() {
    let rendition = |name: &str, resolution, fps, codecs: &str, video_bps| Rendition {
        name: name.into(),
        bandwidth_bps: bandwidth(video_bps, 160_000),
        average_bandwidth_bps: Some(video_bps),
        resolution,
        frame_rate: fps,
        codecs: codecs.into(),
        uri: format!("/live/b/0192/{name}/index.m3u8"),
        iframes: resolution.map(|_| IframeStream {
            bandwidth_bps: video_bps / 4,
            codecs: codecs.split(',').next().unwrap_or_default().into(),
            uri: format!("/live/b/0192/{name}/iframes.m3u8"),
        }),
    };
    let mut multivariant = Multivariant {
        renditions: vec![
            rendition("source", Some((1280, 720)), Some(29.97), "avc1.64001f,mp4a.40.2", 2_500_000),
            rendition("360p", Some((640, 360)), Some(30.0), "avc1.4d401e,mp4a.40.2", 700_000),
            rendition("audio\"\n#EXT", None, None, "mp4a.40.2", 0),
        ],
        independent_segments: true,
        ll: true,
        sid: Some("abc-123".into()),
    };
    insta::assert_snapshot!("multivariant", multivariant.render());
    multivariant.ll = false;
    multivariant.independent_segments = false;
    insta::assert_snapshot!("multivariant_plain", multivariant.render());
    multivariant.renditions[0].uri.push_str("?token=t");
    assert!(multivariant.render().contains("/source/index.m3u8?token=t&sid=abc-123&ll=0\n"));
    multivariant.sid = None;
    multivariant.renditions.remove(0);
    assert!(multivariant.render().contains("/360p/index.m3u8?ll=0\n"));
}
