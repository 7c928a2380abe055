//! Where Compose keeps pictures: in MinIO, whose bucket and account `deploy/minio` makes, or on a disk by `deploy/compose/pictures-on-disk.yml`.
//!
//! No MinIO runs here: that mc's commands do what they say is not proved.

use crate::{compose, services, strings, text, yaml};
use serde_json::{Value, json};
use std::path::Path;

/// The services that have pictures.
const KEEPERS: [&str; 2] = ["stream", "chat"];
/// What belongs to MinIO.
const OF_MINIO: [&str; 3] = ["minio", "minio-volume", "minio-bucket"];

/// The setting `storage.KEY` of a service.
fn setting(service: &str, key: &str) -> String {
    format!("STREAMLY_{}__STORAGE__{key}", service.to_uppercase())
}

#[test]
fn pictures_are_in_the_bucket_and_by_the_account_that_are_made() {
    let (file, _folder, all) = compose::fixture();
    let made = text("deploy/minio/bucket");
    let policy: Value = serde_json::from_str(&text("deploy/minio/policy.json")).unwrap();
    let allowed: Vec<&str> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| strings(&statement["Resource"]))
        .collect();
    let mut prefixes = Vec::new();
    for service in KEEPERS {
        let env = &all[service];
        let (folder, bucket) = services::pictures(service, env);
        assert_eq!(folder, None, "{service}: a folder and a bucket exclude each other");
        let bucket = bucket.unwrap_or_else(|| panic!("{service} has no bucket"));
        let bucket_is_made = made.contains(&format!("\nmc mb --ignore-existing minio/{bucket}\n"));
        assert!(bucket_is_made, "{service}: {bucket}");
        assert_eq!(allowed, [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")]);
        let account = &env[&setting(service, "ACCESS_KEY")];
        assert!(made.contains(&format!("\nmc admin user add minio {account} \"$services\"\n")), "{account}");
        assert!(made.contains(&format!(" --user {account}\n")), "{account} may do nothing");
        let secret = &env[&setting(service, "SECRET_KEY_FILE")];
        assert!(made.contains(&format!("\nservices=$(cat {secret})\n")), "{account} has another secret");
        // It has to be there before the first picture.
        let waits = &file["services"][service]["depends_on"]["minio-bucket"]["condition"];
        assert_eq!(waits, "service_completed_successfully", "{service}");
        prefixes.push(&env[&setting(service, "PREFIX")]);
    }
    assert_ne!(prefixes[0], prefixes[1], "one would remove the other's");
}

#[test]
fn minio_is_a_pinned_image_without_root_that_keeps_all_on_a_volume() {
    let file = compose::file();
    let minio = |service: &str| &file["services"][service];
    let image = minio("minio")["image"].as_str().unwrap();
    assert!(image.contains(":RELEASE."), "{image}");
    assert_eq!(minio("minio-bucket")["image"], image);
    for service in OF_MINIO {
        let what = minio(service);
        assert_eq!(what["read_only"], true, "{service}");
        assert_eq!(what["cap_drop"], json!(["ALL"]), "{service}");
        assert!(what["ports"].is_null(), "{service} is nobody's business outside");
    }
    let user = minio("minio")["user"].as_str().unwrap();
    let user_of_images = format!("\nUSER {user}\n");
    assert!(text("deploy/docker/Dockerfile").contains(&user_of_images), "{user}");
    let mount = &minio("minio")["volumes"][0];
    assert!(strings(&minio("minio")["command"]).contains(&mount["target"].as_str().unwrap()));
    // Else the image's own folder, which is root's, would give the volume its owner.
    assert_eq!(mount["volume"], json!({"nocopy": true}));
    // An image of ours does, before.
    let source = mount["source"].as_str().unwrap();
    let first = minio("minio-volume");
    assert_eq!(strings(&first["volumes"]), [format!("{source}:/var/lib/streamly")]);
    assert_eq!(first["image"], file["services"]["stream"]["image"]);
    compose::is_on_a_volume(&file, "minio-volume", Path::new("/var/lib/streamly"));
    let waits = &minio("minio")["depends_on"]["minio-volume"]["condition"];
    assert_eq!(waits, "service_completed_successfully");
    assert!(minio("minio")["healthcheck"]["test"].is_array());
    assert_eq!(minio("minio-bucket")["depends_on"]["minio"]["condition"], "service_healthy");
}

#[test]
fn minio_and_who_makes_the_bucket_are_given_the_secrets_that_they_read() {
    let file = compose::file();
    let given = |service: &str| {
        let mut names = strings(&file["services"][service]["secrets"]);
        names.sort_unstable();
        names
    };
    let root = &file["services"]["minio"]["environment"]["MINIO_ROOT_PASSWORD_FILE"];
    assert_eq!(given("minio"), [root.as_str().unwrap().strip_prefix("/run/secrets/").unwrap()]);
    let made = text("deploy/minio/bucket");
    let mut read: Vec<&str> =
        made.split("/run/secrets/").skip(1).map(|after| after.split(')').next().unwrap()).collect();
    read.sort_unstable();
    assert_eq!(given("minio-bucket"), read);
    let user = file["services"]["minio"]["environment"]["MINIO_ROOT_USER"].as_str().unwrap();
    assert!(made.contains(&format!("http://{user}:$root@minio:9000")), "{user}");
    // The folder of the script and of the policy that it names.
    assert_eq!(strings(&file["services"]["minio-bucket"]["volumes"]), ["./deploy/minio:/minio:ro"]);
    assert_eq!(file["services"]["minio-bucket"]["entrypoint"], json!(["sh", "/minio/bucket"]));
    assert!(made.contains(" /minio/policy.json\n"));
}

#[tokio::test]
async fn who_keeps_pictures_on_a_disk_has_them_on_a_volume_and_no_minio() {
    let (file, folder, all) = compose::fixture();
    let over = yaml("deploy/compose/pictures-on-disk.yml").remove(0)["services"].clone();
    for service in OF_MINIO {
        assert!(!strings(&over[service]["profiles"]).is_empty(), "{service} would start");
    }
    for service in KEEPERS {
        let mut env = all[service].clone();
        for (name, value) in over[service]["environment"].as_object().unwrap() {
            match value.as_str() {
                Some(value) => env.insert(name.clone(), value.into()),
                None => env.remove(name),
            };
        }
        let (kept, bucket) = services::pictures(service, &env);
        assert_eq!(bucket, None, "{service}: a folder and a bucket exclude each other");
        compose::is_on_a_volume(&file, service, &kept.expect("a storage.dir"));
        services::start(service, &compose::moved(&env, folder.path())).unwrap_or_else(|e| panic!("{e}"));
        // Without its profile MinIO is not there, and need not be.
        assert_eq!(file["services"][service]["depends_on"]["minio-bucket"]["required"], false, "{service}");
    }
}
