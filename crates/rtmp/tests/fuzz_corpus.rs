//! The committed fuzz corpus, run as a test: whatever a fuzzer once found stays fixed.

use std::path::Path;

#[path = "../fuzz/checks.rs"]
mod checks;

fn run(name: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let files: Vec<_> = std::fs::read_dir(&folder).expect("corpus folder").collect();
    assert!(!files.is_empty(), "{name} has no corpus");
    for file in files {
        check(&std::fs::read(file.expect("corpus entry").path()).expect("corpus file"));
    }
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
