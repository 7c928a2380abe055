//! The ladder's rules, each as a sentence.

use super::*;
use proptest::prelude::*;

fn source(width: u32, height: u32, fps: f64) -> SourceFormat {
    SourceFormat { width, height, fps: FrameRate::from_f64(fps) }
}

fn names(rungs: &[Rung]) -> Vec<&str> {
    rungs.iter().map(|rung| rung.name.as_str()).collect()
}

fn wanted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn two_cores_get_480p_and_360p() {
    let rungs = plan(source(1280, 720, 30.0), &[], 2);
    assert_eq!(names(&rungs), ["480p", "360p"]);
    assert_eq!((rungs[0].width, rungs[0].height), (854, 480));
    assert_eq!((rungs[1].width, rungs[1].height), (640, 360));
    assert_eq!(rungs.iter().map(|rung| rung.bitrate_kbps).collect::<Vec<_>>(), [1200, 700]);
}

#[test]
fn a_rung_is_never_above_nor_equal_to_the_source() {
    let all = wanted(&["1080p", "720p", "480p", "360p", "160p"]);
    assert_eq!(names(&plan(source(1920, 1080, 30.0), &all, 2)), ["720p", "480p", "360p", "160p"]);
    assert_eq!(names(&plan(source(852, 480, 30.0), &all, 2)), ["360p", "160p"]);
    assert!(plan(source(640, 360, 30.0), &[], 2).is_empty());
    assert_eq!(names(&plan(source(2560, 1440, 30.0), &all, 2)), ["1080p", "720p", "480p", "360p", "160p"]);
}

#[test]
fn a_source_that_some_browsers_cannot_play_has_a_rung_whatever_its_size() {
    let default = wanted(&["480p", "360p"]);
    let shapes = |width, height, wanted: &[String]| {
        let rungs = plan_instead(source(width, height, 30.0), wanted, 2);
        let shape = |rung: &Rung| (rung.name.clone(), rung.width, rung.height, rung.bitrate_kbps);
        rungs.iter().map(shape).collect::<Vec<_>>()
    };
    let rung = |name: &str, width, height, kbps| (name.to_owned(), width, height, kbps);
    let (low, middle) = (rung("360p", 640, 360, 700), rung("480p", 854, 480, 1200));
    assert_eq!(shapes(1920, 1080, &default), [middle.clone(), low.clone()], "none but the wanted ones");
    assert_eq!(shapes(854, 480, &default), [middle, low.clone()], "its own size");
    assert_eq!(shapes(640, 360, &default), std::slice::from_ref(&low));
    assert_eq!(
        shapes(640, 360, &wanted(&["720p"])),
        std::slice::from_ref(&low),
        "all that are wanted are larger"
    );
    assert_eq!(shapes(640, 360, &[]), [low], "the default for two cores");
    assert_eq!(shapes(426, 240, &default), [rung("160p", 284, 160, 230)]);
    assert_eq!(shapes(160, 90, &default), [rung("160p", 160, 90, 230)], "never scaled up");
    assert_eq!(shapes(67, 121, &default), [rung("160p", 66, 120, 230)], "even, and no larger");
    assert_eq!(shapes(641, 361, &default), [rung("360p", 640, 360, 700)]);
    assert_eq!((shapes(400, 15, &default), shapes(17_000, 360, &default)), (vec![], vec![]));
}

#[test]
fn sixty_frames_are_kept_at_720p_and_halved_from_480p_down() {
    let rungs = plan(source(1920, 1080, 60.0), &wanted(&["720p", "480p"]), 2);
    assert_eq!(names(&rungs), ["720p60", "480p"]);
    assert_eq!((rungs[0].keep_every, rungs[1].keep_every), (1, 2));
    assert_eq!(rungs[1].fps.as_f64(), 30.0);
    let ntsc = plan(source(1920, 1080, 59.94), &wanted(&["720p60", "480p"]), 2);
    assert_eq!(names(&ntsc), ["720p60", "480p"]);
    let pal = plan(source(1920, 1080, 50.0), &wanted(&["720p60", "480p"]), 2);
    assert_eq!(names(&pal), ["720p50", "480p"]);
    let fast = plan(source(1920, 1080, 120.0), &wanted(&["720p60", "480p"]), 2);
    assert_eq!((fast[0].keep_every, fast[1].keep_every), (2, 4));
}

#[test]
fn a_name_with_60_is_the_plain_rung_where_the_source_has_30() {
    assert_eq!(names(&plan(source(1920, 1080, 30.0), &wanted(&["720p60"]), 2)), ["720p"]);
}

#[test]
fn every_name_that_is_given_is_known() {
    for fps in [24.0, 30.0, 31.0, 31.4, 48.0, 50.0, 59.94, 62.0, 75.0, 90.0, 144.0, 240.0] {
        let rungs = plan(source(1920, 1080, fps), &wanted(&["720p"]), 2);
        assert_eq!(unknown_names(&[rungs[0].name.clone()]), Vec::<&str>::new(), "{fps}");
        assert_eq!(names(&plan(source(1920, 1080, fps), &[rungs[0].name.clone()], 2)), names(&rungs));
    }
}

#[test]
fn a_portrait_source_keeps_its_shape() {
    let rungs = plan(source(1080, 1920, 30.0), &wanted(&["480p"]), 2);
    assert_eq!((rungs[0].width, rungs[0].height), (480, 854));
}

#[test]
fn names_the_ladder_lacks_are_reported_and_left_out() {
    let odd = wanted(&["481p", "potato", "360p", "360p90", "p", "+480p", "720p+60", "720p048"]);
    assert_eq!(unknown_names(&odd), ["481p", "potato", "360p90", "p", "+480p", "720p+60", "720p048"]);
    assert_eq!(names(&plan(source(1280, 720, 30.0), &odd, 2)), ["360p"]);
}

#[test]
fn the_codecs_string_follows_size_and_rate() {
    let all = wanted(&["1080p", "720p", "480p", "360p", "160p"]);
    let codecs = |fps| plan(source(2560, 1440, fps), &all, 2).iter().map(Rung::codecs).collect::<Vec<_>>();
    assert_eq!(codecs(30.0), ["avc1.640028", "avc1.64001F", "avc1.64001F", "avc1.64001E", "avc1.640014"]);
    assert_eq!(codecs(60.0)[..2], ["avc1.64002A", "avc1.640020"]);
}

#[test]
fn bandwidth_is_the_vbv_maximum_and_the_audio_and_a_tenth() {
    let rungs = plan(source(1280, 720, 30.0), &[], 2);
    assert_eq!(rungs[0].bandwidth_bps(160_000), 1_496_000);
    assert_eq!(rungs[0].average_bandwidth_bps(160_000), 1_360_000);
}

#[test]
fn a_rung_asks_for_less_than_what_is_above_it_and_a_usual_source_changes_nothing() {
    let all = plan(source(1920, 1080, 30.0), &wanted(&["720p", "480p", "360p", "160p"]), 2);
    let rates = |bps| below(all.clone(), bps, 0).iter().map(|rung| rung.bitrate_kbps).collect::<Vec<_>>();
    let planned = [2500, 1200, 700, 230];
    assert_eq!(rates(Some(6_000_000)), planned);
    assert_eq!(rates(Some(1_500_000)), [1125, 843, 630, 230]);
    assert_eq!(rates(Some(400_000)), [300, 225, 168, 126]);
    for nobody_sends in [None, Some(0), Some(2500), Some(u64::MAX)] {
        assert_eq!(rates(nobody_sends), planned);
    }
    let codecs = |rungs: &[Rung]| rungs.iter().map(Rung::codecs).collect::<Vec<_>>();
    assert_eq!(codecs(&below(all.clone(), Some(400_000), 0)), codecs(&all));
}

#[test]
fn what_is_told_wrong_holds_no_rung_below_what_is_measured() {
    let all = plan(source(1920, 1080, 30.0), &wanted(&["720p", "360p"]), 2);
    let rates = |told, measured| {
        below(all.clone(), told, measured).iter().map(|rung| rung.bitrate_kbps).collect::<Vec<_>>()
    };
    assert_eq!(rates(Some(195_000), 0), [144, 108]);
    assert_eq!(rates(Some(195_000), 1_000_000), [750, 561]);
    assert_eq!(rates(Some(195_000), 6_000_000), [2500, 700]);
    assert_eq!(rates(Some(1_000_000), 195_000), [750, 561], "what is told counts until more comes");
    assert_eq!(rates(None, 195_000), [2500, 700], "who tells nothing is held to nothing");
}

#[test]
fn planned_rungs_keep_their_names_and_follow_the_source_down() {
    let shapes = |planned: &[Rung], source| {
        let shape = |rung: Rung| (rung.name, (rung.width, rung.height), rung.fps.as_f64(), rung.bitrate_kbps);
        follow(planned, source).map(|rungs| rungs.into_iter().map(shape).collect::<Vec<_>>())
    };
    let rung = |name: &str, size, fps, kbps| (name.to_owned(), size, fps, kbps);
    let fast = plan(source(1920, 1080, 60.0), &wanted(&["720p", "480p"]), 2);
    assert_eq!(
        shapes(&fast, source(1920, 1080, 30.0)).unwrap(),
        [rung("720p60", (1280, 720), 30.0, 2500), rung("480p", (854, 480), 30.0, 1200)]
    );
    let slow = plan_instead(source(1280, 720, 30.0), &wanted(&["1080p"]), 2);
    assert_eq!(
        shapes(&slow, source(1280, 720, 60.0)).unwrap(),
        [rung("720p", (1280, 720), 30.0, 2500)],
        "its name says so"
    );
    assert_eq!(
        shapes(&slow, source(854, 480, 30.0)).unwrap(),
        [rung("720p", (854, 480), 30.0, 2500)],
        "never scaled up"
    );
    assert_eq!(
        shapes(&fast, source(480, 640, 30.0)).unwrap(),
        [rung("720p60", (480, 640), 30.0, 2500), rung("480p", (480, 640), 30.0, 1200)]
    );
    let told = below(follow(&fast, source(1920, 1080, 30.0)).unwrap(), Some(1_000_000), 0);
    assert_eq!(told[0].bitrate_kbps, 750, "what is told counts under any name");
    assert_eq!(
        (shapes(&slow, source(400, 15, 30.0)), shapes(&slow, source(17_000, 360, 30.0))),
        (None, None)
    );
}

#[test]
fn frame_rates_snap_to_usual_fractions_and_nonsense_to_thirty() {
    assert_eq!(FrameRate::from_f64(29.97), FrameRate { num: 30_000, den: 1001 });
    assert_eq!(FrameRate::from_f64(23.976), FrameRate { num: 24_000, den: 1001 });
    assert_eq!(FrameRate::from_f64(25.0), FrameRate { num: 25, den: 1 });
    for bad in [f64::NAN, -1.0, 0.0, f64::INFINITY, 1e9] {
        assert_eq!(FrameRate::from_f64(bad), FrameRate::DEFAULT);
    }
}

proptest! {
    #[test]
    fn any_source_gives_even_sizes_below_it_that_never_rise(
        width in 0u32..10_000, height in 0u32..10_000, fps in 0.0f64..300.0, cores in 0usize..128,
    ) {
        let source = source(width, height, fps);
        let rungs = plan(source, &[], cores);
        for rung in &rungs {
            prop_assert!(rung.width % 2 == 0 && rung.height % 2 == 0);
            prop_assert!(rung.width.min(rung.height) < width.min(height));
            prop_assert!(rung.width <= width && rung.height <= height);
        }
        for pair in below(rungs.clone(), Some(u64::from(width) * 1000), 0).windows(2) {
            prop_assert!(width < 100 || pair[1].bitrate_kbps < pair[0].bitrate_kbps && pair[0].bitrate_kbps < width);
        }
        let instead = plan_instead(source, &[], cores);
        prop_assert_eq!(instead.is_empty(), width.min(height) < SOURCE_SIDE_MIN);
        for rung in &instead {
            prop_assert!(rung.width % 2 == 0 && rung.height % 2 == 0 && rung.width > 0 && rung.height > 0);
            prop_assert!(rung.width <= width && rung.height <= height);
            prop_assert!(unknown_names(std::slice::from_ref(&rung.name)).is_empty(), "{}", rung.name);
        }
        prop_assert!(instead.ends_with(&rungs));
        if !instead.is_empty() {
            prop_assert_eq!(follow(&rungs, source), Some(rungs.clone()));
            prop_assert_eq!(follow(&instead, source), Some(instead.clone()));
        }
        let other = SourceFormat { width: height.max(SOURCE_SIDE_MIN), height: (width / 2).max(SOURCE_SIDE_MIN), ..source };
        for pair in follow(&instead, other).unwrap().windows(2) {
            prop_assert!(pair[0].width <= other.width && pair[0].height <= other.height);
            prop_assert!(pair[0].width >= pair[1].width && pair[0].height >= pair[1].height);
            prop_assert!(pair[1].keep_every % pair[0].keep_every == 0);
        }
        for pair in instead.windows(2) {
            prop_assert!(pair[0].width >= pair[1].width && pair[0].height >= pair[1].height);
            prop_assert!(pair[1].keep_every % pair[0].keep_every == 0);
        }
    }
}
