//! What `up` says when a machine is not as it must be: each problem named, a status of its own, nothing half-started.

use anyhow::Result;
use std::{net::TcpListener, path::Path, process::Output};
use streamly_e2e::{cramped::mounts, platform::binary};

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

/// `up` in a shell that may do something before: `$1` is the data folder, `$2` the program.
fn up_after(around: &[&str], script: &str, data: &Path) -> Result<Output> {
    let (program, arguments) = around.split_first().unwrap_or((&"sh", &[]));
    let mut command = std::process::Command::new(program);
    command.args(arguments);
    if !around.is_empty() {
        command.arg("sh");
    }
    let script = format!("{script}; exec \"$2\" up");
    command.args(["-c", &script, "sh"]).arg(data).arg(binary()?);
    Ok(command.env("STREAMLY_DATA_DIR", data).env_remove("STREAMLY_PUBLIC_URL").output()?)
}

/// On a disk of one page, full, that only the child sees. Where nothing can be mounted at all the same write is made to fail by a limit
/// on the size of files: something is tried on every machine.
#[test]
fn a_disk_that_takes_nothing_more_is_named_and_nothing_is_started() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (around, script, reason): (&[&str], _, _) = match mounts(dir.path()) {
        Some(way) => (
            way,
            r#"mount -t tmpfs -o size=4k none "$1" && head -c 4096 /dev/zero >"$1/fill" || exit 99"#,
            "the disk is full",
        ),
        None => (&[], "trap '' XFSZ; ulimit -f 0 || exit 99", "a limit on the size of files (ulimit -f)"),
    };
    let out = up_after(around, script, dir.path())?;
    assert_eq!(out.status.code(), Some(73), "{around:?}: {}", said(&out));
    assert!(said(&out).contains(reason), "{around:?}: {}", said(&out));
    assert!(said(&out).contains(&dir.path().display().to_string()), "{}", said(&out));
    Ok(())
}

#[test]
fn a_limit_on_the_size_of_files_is_named() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let out = up_after(&[], "trap '' XFSZ; ulimit -f 0 || exit 99", dir.path())?;
    assert_eq!(out.status.code(), Some(73), "{}", said(&out));
    assert!(said(&out).contains("a limit on the size of files (ulimit -f)"), "{}", said(&out));
    assert!(!dir.path().join("postgres").exists(), "something was made");
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
