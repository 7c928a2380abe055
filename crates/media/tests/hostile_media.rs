//! Media that no encoder would send: the committed fuzz corpus (whatever a fuzzer once found stays fixed), and damage made anew each run.

use proptest::prelude::*;
use std::path::{Path, PathBuf};

#[path = "../fuzz/checks.rs"]
mod checks;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("corpus folder")
        .map(|file| file.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has no corpus");
    files.iter().map(|file| std::fs::read(file).expect("corpus file")).collect()
}

#[test]
fn the_corpus_of_every_target_holds() {
    type Check = fn(&[u8]);
    let targets = [
        ("tags", checks::tags as Check),
        ("avcc", checks::avcc),
        ("sps", checks::sps),
        ("asc", checks::asc),
        ("hvcc", checks::hvcc),
        ("av1c", checks::av1c),
        ("opus", checks::opus),
    ];
    for (name, check) in targets {
        corpus(name).iter().for_each(|input| check(input));
    }
}

/// A file of the corpus, and places in it with what comes there.
fn damaged(name: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let files = corpus(name);
    let places = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12);
    (prop::sample::select(files), places, any::<prop::sample::Index>()).prop_map(|(mut file, places, cut)| {
        for (place, byte) in places {
            let place = place.index(file.len());
            file[place] = byte;
        }
        file.truncate(cut.index(file.len()) + 1);
        file
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_publishes_never_panic_and_their_time_never_goes_back(input in damaged("tags")) {
        checks::tags(&input);
    }

    #[test]
    fn tags_of_any_bytes_never_panic(input in proptest::collection::vec(any::<u8>(), 0..2000)) {
        checks::tags(&input);
    }

    #[test]
    fn damaged_codec_headers_are_refused_or_whole(
        avcc in damaged("avcc"), sps in damaged("sps"), asc in damaged("asc"), any in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        checks::avcc(&avcc);
        checks::sps(&sps);
        checks::asc(&asc);
        checks::avcc(&any);
        checks::sps(&any);
        checks::asc(&any);
    }

    #[test]
    fn damaged_headers_of_newer_codecs_are_refused_or_whole(
        hvcc in damaged("hvcc"), av1c in damaged("av1c"), opus in damaged("opus"), any in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        for (check, input) in [(checks::hvcc as fn(&[u8]), &hvcc), (checks::av1c, &av1c), (checks::opus, &opus)] {
            check(input);
            check(&any);
        }
    }
}
