//! HEVC, AV1 and Opus: passed through as the source, H.264 and AAC as the rungs.

use crate::{
    app::TestApp,
    fixtures::{ended, pictures, published},
    hls, probe,
    transcode::ALONE,
};
use std::time::Duration;

/// Name, codec strings of source and rung, what ffprobe calls the source's tracks.
const PUBLISHES: [(&str, [&str; 2], [&str; 2]); 3] = [
    ("ffmpeg-hevc-aac", ["hvc1.1.6.L63.90,mp4a.40.2", "avc1.640014,mp4a.40.2"], ["hevc", "aac"]),
    ("ffmpeg-hevc-opus", ["hvc1.1.6.L63.90,opus", "avc1.640014,mp4a.40.2"], ["hevc", "opus"]),
    ("ffmpeg-av1-opus", ["av01.0.01M.08,opus", "avc1.640014,mp4a.40.2"], ["av1", "opus"]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newer_codecs_pass_through_and_every_rung_is_h264_and_aac() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| config.ladder = vec!["160p".into()]).await;
    let folder = tempfile::tempdir().unwrap();
    for (name, codecs, source_tracks) in PUBLISHES {
        let username = name.replace('-', "_");
        let told = async {
            let has_both = |list: &str| hls::variants(list).len() == 2;
            let path = format!("/live/{username}/index.m3u8");
            loop {
                let response = app.get(&path).await;
                let list = response.text().await.unwrap();
                if has_both(&list) {
                    break list;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let (id, list) = tokio::join!(published(&app, name), told);
        for ((info, _), codecs) in hls::variants(&list).iter().zip(codecs) {
            assert!(info.contains(&format!("CODECS=\"{codecs}\"")), "{name}: {info}");
            assert!(info.contains("CLOSED-CAPTIONS=NONE"), "{name}: {info}");
        }
        let mut shapes = Vec::new();
        for (rendition, tracks) in [("source", source_tracks), ("160p", ["h264", "aac"])] {
            let path = format!("/live/b/{id}/{rendition}/index.m3u8");
            let list = ended(&app, &path).await;
            assert_eq!((list.discontinuities, list.gaps), (0, 0), "{name} {rendition}");
            let (_, bytes) = hls::download(&app, &path).await;
            let file = folder.path().join(format!("{name}-{rendition}.mp4"));
            std::fs::write(&file, &bytes).unwrap();
            let found = probe::tracks(&file).await;
            println!("{name} {rendition}: {found:?}");
            let names: Vec<&str> = found.iter().map(|track| track.codec.as_str()).collect();
            assert_eq!(names, tracks, "{name} {rendition}");
            assert_eq!(found[0].frames, pictures(name), "{name} {rendition}: every picture");
            assert!((found[0].start - found[1].start).abs() <= 0.045, "{name} {rendition}: {found:?}");
            probe::decodes_cleanly(&file).await;
            let segments = list.segments.iter().map(|s| (s.uri.clone(), format!("{:.3}", s.duration)));
            shapes.push((list.sequence, segments.collect::<Vec<_>>()));
        }
        // The last segment ends with its last picture, whose order differs where there are B-frames.
        for (_, segments) in &mut shapes {
            segments.pop();
        }
        assert_eq!(shapes[0], shapes[1], "{name}: aligned");
    }
    app.stop().await;
}
