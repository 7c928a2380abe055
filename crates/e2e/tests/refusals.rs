//! What `up` says when a machine is not as it must be: each problem named, a status of its own, nothing half-started.

use anyhow::Result;
use std::{net::TcpListener, path::Path, process::Output};
use streamly_e2e::platform::binary;

fn up(data: &Path, offset: &str) -> Result<Output> {
    Ok(std::process::Command::new(binary()?)
        .arg("up")
        .env("STREAMLY_DATA_DIR", data)
        .env("STREAMLY_PORT_OFFSET", offset)
        .env_remove("STREAMLY_PUBLIC_URL")
        .output()?)
}

fn said(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

#[test]
fn wrong_settings_are_refused_before_anything_is_made() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let out = up(&dir.path().join("data"), "150")?;
    assert_eq!(out.status.code(), Some(64), "{}", said(&out));
    assert!(said(&out).contains("STREAMLY_PORT_OFFSET"));
    assert!(!dir.path().join("data").exists());
    Ok(())
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() -> Result<()> {
    let out = up(Path::new("/proc/streamly-cannot-be-here"), "0")?;
    assert_eq!(out.status.code(), Some(73), "{}", said(&out));
    assert!(said(&out).contains("/proc/streamly-cannot-be-here"), "{}", said(&out));
    Ok(())
}

#[test]
fn a_full_disk_is_called_full() -> Result<()> {
    if !nix::unistd::geteuid().is_root() {
        println!("only root can mount a small disk: not tried");
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    // A disk of one page, full, in a mount namespace of this child alone.
    let script = r#"mount -t tmpfs -o size=4k none "$1" || exit 99; head -c 4096 /dev/zero >"$1/fill"; STREAMLY_DATA_DIR="$1" exec "$2" up"#;
    let out = std::process::Command::new("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(dir.path())
        .arg(binary()?)
        .output()?;
    if matches!(out.status.code(), Some(1 | 99))
        && !said(&out).contains("Streamly")
        && !said(&out).contains("streamly:")
    {
        println!("this machine mounts nothing, not even for root: not tried ({})", said(&out).trim());
        return Ok(());
    }
    assert_eq!(out.status.code(), Some(73), "{}", said(&out));
    assert!(said(&out).contains("the disk is full"), "{}", said(&out));
    Ok(())
}

#[test]
fn a_taken_port_is_named_with_what_to_do_and_nothing_is_started() -> Result<()> {
    let dir = tempfile::tempdir()?;
    // Somebody else on the web port of some offset.
    let (offset, _taken) = (1..=9u16)
        .rev()
        .find_map(|n| Some((n * 100, TcpListener::bind(("0.0.0.0", 3000 + n * 100)).ok()?)))
        .ok_or_else(|| anyhow::anyhow!("no free web port"))?;
    let out = up(dir.path(), &offset.to_string())?;
    assert_eq!(out.status.code(), Some(69), "{}", said(&out));
    assert!(said(&out).contains("STREAMLY_PORT_OFFSET"), "{}", said(&out));
    assert!(!dir.path().join("postgres/PG_VERSION").exists(), "a cluster was made");
    Ok(())
}
