//! Files as operators leave and renew them.

use super::*;
use crate::MAX_FILE;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

const TOLD: Told = Told { listener: "a test", not_after: "test_certificate_not_after_seconds" };
/// No version of any files: each look finds them changed.
const OTHER: crate::files::Version = [None, None];

fn files(folder: &Path) -> Files {
    Files { cert: folder.join("chain.pem"), key: folder.join("key.pem") }
}

/// Another certificate with its key into these files; as it is shown.
fn certify(files: &Files) -> Vec<u8> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    fs::write(&files.cert, made.cert.pem()).unwrap();
    made.cert.der().to_vec()
}

fn shown(certificates: &Certificates) -> Vec<u8> {
    certificates.served.load().cert[0].to_vec()
}

#[test]
fn new_files_are_shown_and_damaged_ones_never() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let first = certify(&files);
    let certificates = Certificates::open(files.clone(), TOLD).unwrap();
    assert_eq!(shown(&certificates), first);
    let second = certify(&files);
    let version = certificates.look(OTHER);
    assert_eq!(shown(&certificates), second);

    fs::write(&files.cert, "-----BEGIN CERTIFICATE-----\nA").unwrap();
    certificates.look(OTHER);
    fs::remove_file(&files.cert).unwrap();
    assert_ne!(certificates.look(version), version, "what is gone is another version");
    assert_eq!(shown(&certificates), second, "the last good one stays");
    let third = certify(&files);
    certificates.look(OTHER);
    assert_eq!(shown(&certificates), third);
}

#[test]
fn a_certificate_that_does_not_belong_to_the_key_is_refused() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (good, foreign) = (files(folder.path()), files(other.path()));
    certify(&good);
    certify(&foreign);
    let mixed = Files { key: foreign.key, ..good };
    let problems = mixed.problems();
    assert!(matches!(problems.as_slice(), [Error::Unusable(_)]), "{problems:?}");
    assert!(matches!(Certificates::open(mixed, TOLD), Err(Error::Unusable(_))));
}

#[test]
fn every_file_of_no_use_is_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let said = || files.problems().iter().map(ToString::to_string).collect::<Vec<_>>();
    let missing = said();
    assert_eq!(missing.len(), 2, "{missing:?}");
    assert!(missing[0].contains("chain.pem cannot be read") && missing[1].contains("key.pem cannot be read"));
    fs::write(&files.cert, "no pem").unwrap();
    fs::write(&files.key, vec![b'x'; MAX_FILE as usize + 1]).unwrap();
    let unfit = said();
    assert!(unfit[0].contains("chain.pem holds no certificate"), "{unfit:?}");
    assert!(unfit[1].contains("key.pem is longer than"), "{unfit:?}");
    certify(&files);
    assert_eq!(said(), Vec::<String>::new());
    fs::write(&files.key, "-----BEGIN PRIVATE KEY-----\nA").unwrap();
    assert!(said()[0].contains("key.pem is not PEM"), "{:?}", said());
}

#[test]
fn the_settings_of_tls_show_what_the_files_hold_now() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    certify(&files);
    let certificates = Arc::new(Certificates::open(files.clone(), TOLD).unwrap());
    let server = certificates.server().unwrap();
    assert!(server.alpn_protocols.is_empty(), "the listener chooses");
    let second = certify(&files);
    certificates.look(OTHER);
    let one = certificates.served.load_full();
    assert_eq!(one.cert[0].to_vec(), second);
    assert_eq!(Arc::strong_count(&certificates), 2, "the settings hold the same ones");
}

/// Keeps what the gauge was set to.
#[derive(Default)]
struct Kept(Arc<AtomicU64>);

impl Recorder for Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        assert_eq!(key.name(), TOLD.not_after);
        Gauge::from_arc(self.0.clone())
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// As [`certify`], good until that year begins; its end, Unix seconds.
fn certify_until(files: &Files, year: i32) -> i64 {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    fs::write(&files.key, key.serialize_pem()).unwrap();
    fs::write(&files.cert, params.self_signed(&key).unwrap().pem()).unwrap();
    params.not_after.unix_timestamp()
}

#[test]
fn the_end_of_what_is_shown_is_told_when_asked_and_with_each_change() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let first = certify_until(&files, 2041);
    let certificates = Certificates::open(files.clone(), TOLD).unwrap();
    let kept = Kept::default();
    let told = || f64::from_bits(kept.0.load(Ordering::Acquire)) as i64;
    metrics::with_local_recorder(&kept, || certificates.tell());
    assert_eq!(told(), first);
    let second = certify_until(&files, 2042);
    metrics::with_local_recorder(&kept, || certificates.look(OTHER));
    assert_eq!(told(), second);
    fs::write(&files.cert, "no pem").unwrap();
    metrics::with_local_recorder(&kept, || certificates.look(OTHER));
    assert_eq!(told(), second, "what is shown is the last good one");
}
