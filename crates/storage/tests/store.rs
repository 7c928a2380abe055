//! A store in a folder, and the same in a bucket of a real S3 server.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use futures_util::TryStreamExt;
use std::path::Path;
use streamly_config::{Duration, Secret};
use streamly_storage::{Config, Error, Key, Kind, Store};
use streamly_testkit::s3::{self, S3Server};

fn key(name: &str) -> Key {
    Key::new("emotes", name, Kind::Png).unwrap()
}

fn on_disk(dir: &Path) -> Config {
    Config { dir: Some(dir.to_owned()), ..Config::default() }
}

fn in_bucket(endpoint: &str) -> Config {
    Config {
        bucket: Some(s3::BUCKET.into()),
        endpoint: Some(endpoint.into()),
        access_key: Some(s3::ID.into()),
        secret_key: Some(Secret::new(s3::SECRET)),
        prefix: Some("pictures".into()),
        timeout: Duration::from_secs(2),
        ..Config::default()
    }
}

/// What must be so wherever the objects are.
async fn keeps_what_it_is_given(store: &Store) {
    let (a, b) = (key("a"), key("b"));
    assert!(matches!(store.read(&a, 9).await, Err(Error::NotFound(_))));
    store.put(&a, Bytes::from_static(b"first")).await.unwrap();
    store.put(&b, Bytes::from(vec![7; 300_000])).await.unwrap();
    store.put(&a, Bytes::from_static(b"second")).await.unwrap();
    assert_eq!(store.read(&a, 6).await.unwrap(), "second");
    assert!(matches!(store.read(&a, 5).await, Err(Error::TooLarge { size: 6, max: 5 })));
    let object = store.get(&b).await.unwrap();
    assert_eq!(object.size, 300_000);
    let read: Vec<Bytes> = object.bytes.try_collect().await.unwrap();
    assert_eq!(read.concat(), vec![7; 300_000]);
    store.delete(&a).await.unwrap();
    store.delete(&a).await.unwrap();
    assert!(matches!(store.get(&a).await, Err(Error::NotFound(_))));
    assert_eq!(store.read(&b, 1 << 20).await.unwrap().len(), 300_000, "others stay");
}

#[tokio::test]
async fn a_folder_keeps_what_it_is_given() {
    let dir = tempfile::tempdir().unwrap();
    let inside = dir.path().join("not/there/yet");
    let store = Store::new(&on_disk(&inside)).unwrap().unwrap();
    keeps_what_it_is_given(&store).await;
    let files: Vec<_> =
        std::fs::read_dir(inside.join("emotes")).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(files, ["b.png"], "nothing half-written is left");
}

#[tokio::test]
async fn objects_outlive_the_process_and_a_folder_that_cannot_be_written_is_said_to_be_away() {
    let dir = tempfile::tempdir().unwrap();
    Store::new(&on_disk(dir.path())).unwrap().unwrap().put(&key("a"), "kept".into()).await.unwrap();
    let store = Store::new(&on_disk(dir.path())).unwrap().unwrap();
    assert_eq!(store.read(&key("a"), 9).await.unwrap(), "kept");
    std::fs::remove_dir_all(dir.path().join("emotes")).unwrap();
    std::fs::write(dir.path().join("emotes"), "a file where the folder was").unwrap();
    let failed = store.put(&key("a"), "again".into()).await.unwrap_err();
    assert!(failed.is_unavailable(), "{failed:?}");
}

#[test]
fn settings_that_cannot_work_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "no certificate").unwrap();
    assert!(Store::new(&Config::default()).unwrap().is_none(), "neither folder nor bucket");
    let bucket = in_bucket("http://127.0.0.1:9");
    assert!(Store::new(&bucket).unwrap().is_some(), "a bucket is not spoken to yet");
    for (config, key) in [
        (on_disk(&file), "storage.dir"),
        (Config { dir: Some(dir.path().to_owned()), ..bucket.clone() }, "storage.bucket"),
        (Config { access_key: None, ..bucket.clone() }, "storage.access_key"),
        (Config { secret_key: None, ..bucket.clone() }, "storage.access_key"),
        (Config { secret_key_file: Some(file.clone()), ..bucket.clone() }, "storage.secret_key"),
        (Config { endpoint: Some("ftp://x".into()), ..bucket.clone() }, "storage.endpoint"),
        (Config { ca_file: Some(file.clone()), ..bucket.clone() }, "storage.ca_file"),
    ] {
        let said = Store::new(&config).unwrap_err().to_string();
        assert!(said.starts_with(key), "{key}: {said}");
        assert!(!said.contains("secret\""), "{said}");
    }
}

#[tokio::test]
async fn a_bucket_that_is_away_is_said_to_be_so_in_time() {
    let begun = std::time::Instant::now();
    let store = Store::new(&in_bucket("http://127.0.0.1:9")).unwrap().unwrap();
    assert!(store.put(&key("a"), "x".into()).await.unwrap_err().is_unavailable());
    assert!(store.read(&key("a"), 9).await.unwrap_err().is_unavailable());
    assert!(begun.elapsed() < std::time::Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_bucket_keeps_what_it_is_given_under_its_prefix() {
    let server = S3Server::start().unwrap();
    let config = in_bucket(&server.url());
    keeps_what_it_is_given(&Store::new(&config).unwrap().unwrap()).await;
    assert_eq!(server.objects().unwrap(), ["pictures/emotes/b.png"]);
    let other = Store::new(&Config { prefix: None, ..config }).unwrap().unwrap();
    assert!(matches!(other.get(&key("b")).await, Err(Error::NotFound(_))), "another platform's objects");
    other.put(&key("b"), "ours".into()).await.unwrap();
    assert_eq!(server.objects().unwrap(), ["emotes/b.png", "pictures/emotes/b.png"]);
}

#[tokio::test]
async fn an_account_that_the_bucket_does_not_know_is_refused_and_its_secret_is_not_told() {
    let server = S3Server::start().unwrap();
    let good = in_bucket(&server.url());
    let known = Store::new(&good).unwrap().unwrap();
    known.put(&key("a"), "kept".into()).await.unwrap();
    for config in [
        Config { secret_key: Some(Secret::new("guessed-secret")), ..good.clone() },
        Config { access_key: Some("stranger".into()), ..good.clone() },
    ] {
        let store = Store::new(&config).unwrap().unwrap();
        for failed in [
            store.put(&key("a"), "overwritten".into()).await.unwrap_err(),
            store.read(&key("a"), 99).await.unwrap_err(),
            store.delete(&key("a")).await.unwrap_err(),
        ] {
            assert!(matches!(failed, Error::Refused(_)), "{failed:?}");
            assert!(!format!("{failed:?}{failed}").contains("guessed-secret"), "{failed:?}");
        }
    }
    assert_eq!(known.read(&key("a"), 99).await.unwrap(), "kept");
}

#[tokio::test]
async fn a_bucket_that_was_away_is_used_again_and_has_no_half_objects() {
    let mut server = S3Server::start().unwrap();
    let store = Store::new(&in_bucket(&server.url())).unwrap().unwrap();
    store.put(&key("a"), "kept".into()).await.unwrap();
    server.stop().unwrap();
    assert!(matches!(store.read(&key("a"), 9).await, Err(Error::Away(_))));
    assert!(matches!(store.put(&key("b"), "lost".into()).await, Err(Error::Away(_))));
    server.start_again().unwrap();
    assert_eq!(store.read(&key("a"), 9).await.unwrap(), "kept");
    assert!(matches!(store.get(&key("b")).await, Err(Error::NotFound(_))), "there as a whole or not at all");
}
