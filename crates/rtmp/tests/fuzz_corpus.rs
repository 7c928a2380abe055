//! The committed fuzz corpus, run as a test: whatever a fuzzer once found stays fixed. And the same checks over damage made anew each run.

use proptest::prelude::*;
use std::path::Path;

#[path = "../fuzz/checks.rs"]
mod checks;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let files: Vec<_> = std::fs::read_dir(&folder).expect("corpus folder").collect();
    assert!(!files.is_empty(), "{name} has no corpus");
    files
        .into_iter()
        .map(|file| std::fs::read(file.expect("an entry").path()).expect("corpus file"))
        .collect()
}

fn run(name: &str, check: fn(&[u8])) {
    corpus(name).iter().for_each(|input| check(input));
}

/// A file of the corpus with a few bytes changed and its end cut off.
fn damaged(name: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let places = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8);
    (prop::sample::select(corpus(name)), places, any::<prop::sample::Index>()).prop_map(
        |(mut file, places, cut)| {
            for (place, byte) in places {
                let place = place.index(file.len());
                file[place] = byte;
            }
            file.truncate(cut.index(file.len()) + 1);
            file
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_conversations_never_panic_within_the_limits(
        handshake in damaged("handshake"), dechunker in damaged("dechunker"), amf0 in damaged("amf0"),
        connection in damaged("connection"),
    ) {
        checks::handshake(&handshake);
        checks::dechunker(&dechunker);
        checks::amf0(&amf0);
        checks::connection(&connection);
    }
}

#[test]
fn the_handshakes_corpus_holds() {
    run("handshake", checks::handshake);
}

#[test]
fn the_dechunkers_corpus_holds() {
    run("dechunker", checks::dechunker);
}

#[test]
fn the_amf0_corpus_holds() {
    run("amf0", checks::amf0);
}

#[test]
fn the_connections_corpus_holds() {
    run("connection", checks::connection);
}
