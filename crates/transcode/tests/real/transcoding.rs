//! What goes in comes out: every picture, at its time, cut where ingest says.

use streamly_media::VideoConfig;
use streamly_transcode::{Event, Transcoder};

use crate::output::{Rendition, feed, next, rest, transcoded};
use crate::source::{Source, config};

#[tokio::test]
async fn every_rung_has_every_picture_of_an_obs_publish_with_b_frames_at_its_exact_time() {
    let source = Source::fixture("obs-gop2-bframes");
    let job = source.job(&["160p"]);
    let rung = job.rungs[0].clone();
    let out = transcoded(job, &source.units).await.remove(0);
    assert_eq!(out.pts(), source.pts());
    assert_eq!(out.keyframes(), source.boundaries());
    assert_eq!(out.probed(), format!("{},{},{}", rung.width, rung.height, source.units.len()));
    assert!(out.units.iter().all(|au| au.dts == au.pts), "no reordering in a rung");
}

#[tokio::test]
async fn the_two_core_ladder_of_a_720p_publish_is_whole_aligned_and_as_announced() {
    let source = Source::generated("1280x720", 30, 5);
    let job = source.job(&[]);
    let rungs = job.rungs.clone();
    let renditions = transcoded(job, &source.units).await;
    assert_eq!(renditions.len(), 2);
    for (out, rung) in renditions.iter().zip(&rungs) {
        assert_eq!(out.pts(), source.pts(), "{}", rung.name);
        assert_eq!(out.keyframes(), source.boundaries(), "{}", rung.name);
        assert_eq!(out.probed(), format!("{},{},{}", rung.width, rung.height, source.units.len()));
        assert_eq!(
            VideoConfig::parse(&out.avcc).unwrap().codec().to_uppercase(),
            rung.codecs().to_uppercase()
        );
        let (kbps, most) = (out.kbps(), f64::from(rung.bitrate_kbps) * 1.1);
        assert!(kbps > most * 0.6 && kbps < most, "{}: {kbps} kbit/s", rung.name);
    }
}

#[tokio::test]
async fn a_60_fps_source_keeps_its_rate_at_720p_and_half_of_its_exact_times_below() {
    let source = Source::generated("1920x1080", 60, 2);
    let job = source.job(&["720p", "480p", "360p", "160p"]);
    let rungs = job.rungs.clone();
    let names: Vec<_> = rungs.iter().map(|rung| rung.name.as_str()).collect();
    assert_eq!(names, ["720p60", "480p", "360p", "160p"]);
    let renditions = transcoded(job, &source.units).await;
    assert_eq!(renditions[0].pts(), source.pts());
    let halved: Vec<i64> = source.pts().into_iter().step_by(2).collect();
    for (out, rung) in renditions.iter().zip(&rungs) {
        assert_eq!(out.keyframes(), source.boundaries(), "{}", rung.name);
        assert_eq!(
            VideoConfig::parse(&out.avcc).unwrap().codec().to_uppercase(),
            rung.codecs().to_uppercase()
        );
        if rung.keep_every == 2 {
            assert_eq!(out.pts(), halved, "{}", rung.name);
            let most = f64::from(rung.bitrate_kbps) * 1.15;
            assert!(out.kbps() > most * 0.5 && out.kbps() < most, "{}: {} kbit/s", rung.name, out.kbps());
        }
        assert_eq!(out.probed(), format!("{},{},{}", rung.width, rung.height, out.units.len()));
    }
}

#[tokio::test]
async fn a_boundary_on_an_odd_picture_is_met_at_half_the_rate_too() {
    let source = Source::generated("852x480", 60, 1);
    let job = source.job(&["360p"]);
    let mut renditions = vec![Rendition::default()];
    let (transcoder, input, mut events) = Transcoder::spawn(config(job)).unwrap();
    let boundary = source.units[31].pts;
    input.boundary(boundary);
    for au in &source.units {
        input.push(au);
    }
    drop(input);
    rest(&mut events, &mut renditions).await;
    assert_eq!(renditions[0].keyframes(), [source.units[0].pts, boundary]);
    transcoder.close().await;
}

#[tokio::test]
async fn a_portrait_source_gives_portrait_rungs() {
    let source = Source::generated("720x1280", 30, 1);
    let out = transcoded(source.job(&["360p"]), &source.units).await.remove(0);
    assert_eq!(out.probed(), "360,640,30");
}

#[tokio::test]
async fn pictures_that_must_be_converted_as_well_as_scaled_give_the_same_rungs() {
    let kinds: [&[&str]; 4] = [
        &["-profile:v", "high444", "-pix_fmt", "yuv444p"],
        &["-profile:v", "high10", "-pix_fmt", "yuv420p10le"],
        &["-profile:v", "high", "-pix_fmt", "yuv420p", "-vf", "setsar=4/3"],
        &["-profile:v", "high", "-pix_fmt", "yuv420p", "-flags", "+ilme+ildct"],
    ];
    for kind in kinds {
        let source = Source::encoded("852x480", 30, 1, kind);
        let out = transcoded(source.job(&["360p"]), &source.units).await.remove(0);
        assert_eq!(out.pts(), source.pts(), "{kind:?}");
        assert_eq!(out.probed(), "640,360,30", "{kind:?}");
    }
}

/// As fast as the worker goes; compared as it comes, since an hour of pictures is a hundred megabytes.
#[tokio::test]
async fn over_an_hour_of_media_every_boundary_is_met_by_a_keyframe_at_its_exact_time() {
    let source = Source::generated("320x180", 5, 4);
    let (transcoder, input, mut events) = Transcoder::spawn(config(source.job(&["160p"]))).unwrap();
    let units = source.repeated(960);
    let hour = units.last().unwrap().pts - units[0].pts;
    assert!(hour >= 3600 * 90_000, "{hour} ticks");
    let mut due = units.iter().map(|au| (au.pts, au.keyframe));
    let mut newest = units[0].pts;
    let mut check = |event: Event| {
        if let Event::AccessUnit { au, .. } = event {
            assert_eq!(Some((au.pts, au.keyframe)), due.next());
            newest = au.pts;
        }
        newest
    };
    let mut known = units[0].pts;
    for au in &units {
        while au.pts - known > 90_000 {
            known = check(next(&mut events).await.expect("the transcoder goes on"));
        }
        if au.keyframe {
            input.boundary(au.pts);
        }
        input.push(au);
    }
    drop(input);
    while let Some(event) = next(&mut events).await {
        check(event);
    }
    assert_eq!(due.next(), None, "every picture came");
    assert_eq!((transcoder.usage().restarts, transcoder.usage().dropped), (0, 0));
    transcoder.close().await;
}

#[tokio::test]
async fn a_reconfigured_source_goes_on_in_a_new_worker_and_loses_no_picture() {
    let first = Source::fixture("obs-resize");
    let second = Source::fixture("obs-resize-2");
    let mut renditions = vec![Rendition::default()];
    let (transcoder, input, mut events) = Transcoder::spawn(config(first.job(&["160p"]))).unwrap();
    feed(&input, &mut events, &first.units, &mut renditions).await;
    input.reconfigure(second.job(&["160p"]));
    let before = transcoder.worker_pid();
    let offset = first.units.last().unwrap().pts + 3000 - second.units[0].dts;
    let mut later = second.units.clone();
    for au in &mut later {
        au.dts += offset;
        au.pts += offset;
    }
    feed(&input, &mut events, &later, &mut renditions).await;
    assert_ne!(transcoder.worker_pid(), before);
    drop(input);
    rest(&mut events, &mut renditions).await;
    let mut expected: Vec<i64> = first.units.iter().chain(&later).map(|au| au.pts).collect();
    expected.sort_unstable();
    assert_eq!(renditions[0].pts(), expected);
    assert_eq!(transcoder.usage().restarts, 0);
    transcoder.close().await;
}

#[tokio::test]
async fn the_start_names_the_encoder_of_each_rung() {
    let source = Source::fixture("obs-default");
    let (transcoder, _input, mut events) = Transcoder::spawn(config(source.job(&["160p"]))).unwrap();
    let Some(Event::Started { rungs }) = next(&mut events).await else { panic!("no start") };
    assert_eq!((rungs[0].rung.as_str(), rungs[0].encoder.as_str()), ("160p", "x264enc"));
    transcoder.close().await;
}
