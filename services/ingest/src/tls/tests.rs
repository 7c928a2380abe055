//! Files as operators leave them, and the own certificate over a restart.

use super::*;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use streamly_tls::MAX_FILE;

fn own(folder: &Path) -> RtmpsConfig {
    RtmpsConfig { own_dir: Some(folder.to_owned()), ..RtmpsConfig::default() }
}

fn made(folder: &Path) -> RtmpsConfig {
    let files = own::files(folder, &["localhost".to_owned()]).unwrap();
    RtmpsConfig { cert_file: Some(files.cert), key_file: Some(files.key), ..RtmpsConfig::default() }
}

#[test]
fn the_own_certificate_is_made_once_and_its_key_is_the_owners() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("secrets");
    Certificates::open(&own(&inside)).unwrap();
    let content = || ["rtmps.crt", "rtmps.key"].map(|name| fs::read(inside.join(name)).unwrap());
    let first = content();
    Certificates::open(&own(&inside)).unwrap();
    assert_eq!(content(), first);
    let mode = fs::metadata(inside.join("rtmps.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(&inside).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn nodes_that_start_at_once_over_one_folder_show_the_same_certificate() {
    const NODES: usize = 4;
    for round in 0..25 {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("secrets");
        let shown = std::thread::scope(|scope| {
            let node = || {
                Certificates::open(&own(&inside)).unwrap_or_else(|error| panic!("round {round}: {error}"));
                fs::read(inside.join("rtmps.crt")).unwrap()
            };
            let nodes: Vec<_> = (0..NODES).map(|_| scope.spawn(node)).collect();
            nodes.into_iter().map(|node| node.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(shown.iter().all(|cert| *cert == shown[0]), "round {round}");
        Certificates::open(&own(&inside)).unwrap();
        assert_eq!(fs::read_dir(&inside).unwrap().count(), 2, "nothing else is left");
    }
}

#[test]
fn a_certificate_whose_key_never_came_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    Certificates::open(&own(folder.path())).unwrap();
    for lost in ["rtmps.key", "rtmps.crt"] {
        fs::remove_file(folder.path().join(lost)).unwrap();
        Certificates::open(&own(folder.path())).unwrap();
    }
}

#[test]
fn files_win_over_the_own_certificate() {
    let (given, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = RtmpsConfig { own_dir: Some(kept.path().to_owned()), ..made(given.path()) };
    Certificates::open(&config).unwrap();
    assert_eq!(fs::read_dir(kept.path()).unwrap().count(), 0);
}

#[test]
fn files_of_no_use_are_named() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (good, foreign) = (made(folder.path()), made(other.path()));
    let fails = |config: &RtmpsConfig| Certificates::open(config).err().expect("refused").to_string();
    let mixed = RtmpsConfig { key_file: foreign.key_file, ..good.clone() };
    assert!(fails(&mixed).contains("cannot be used"));
    let missing = RtmpsConfig { cert_file: Some(folder.path().join("none")), ..good.clone() };
    assert!(fails(&missing).contains("none cannot be read"));
    for (text, said) in [("no pem", "holds no certificate"), ("-----BEGIN CERTIFICATE-----\nA", "is not PEM")]
    {
        fs::write(good.cert_file.as_ref().unwrap(), text).unwrap();
        assert!(fails(&good).contains(said), "{text}: {}", fails(&good));
    }
    fs::write(good.cert_file.as_ref().unwrap(), vec![b'x'; MAX_FILE as usize + 1]).unwrap();
    assert!(fails(&good).contains("longer than"));
}
