//! `streamly rotate-signing-key`: puts a new key into the file of keys that the user service reads, as `streamly_ctl::rotation` makes it.
//!
//! The service takes it up by itself within seconds; nothing is restarted.

use crate::{Failure, plan::ACCESS_TOKENS, secrets::Secrets, settings::Settings};
use anyhow::Context;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};
use streamly_config::EXIT_UNAVAILABLE;
use streamly_ctl::rotation;

/// Options of `rotate-signing-key`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Seconds for which the new key is known before it signs. Below 300 some calls wait once for the key to be fetched.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(..=86_400))]
    lead_s: u64,
    /// The file of the keys, where it is not in the data folder.
    #[arg(long)]
    file: Option<PathBuf>,
    /// A key got into wrong hands: all others go at once. People's pages renew their tokens by themselves.
    #[arg(long)]
    revoke: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let file = match &options.file {
        Some(file) => file.clone(),
        None => {
            let settings = Settings::from_env(streamly_config::process_env())?;
            Secrets::open(&settings.data)?.folder().join(ACCESS_TOKENS)
        }
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let kid =
        rotate(&file, now, options.lead_s, options.revoke).map_err(|e| Failure::new(EXIT_UNAVAILABLE, e))?;
    println!("{}", rotation::told(&kid, options.lead_s, options.revoke));
    Ok(ExitCode::SUCCESS)
}

/// The new key's id. The file is written in place: where it is mounted into a container, a new file in its place would not be seen. It is
/// written over, never emptied first.
fn rotate(file: &Path, now: u64, lead: u64, revoke: bool) -> anyhow::Result<String> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("{shown} cannot be read"))?;
    let (new, kid) = rotation::rotated(&text, now, lead, revoke).with_context(|| shown.to_string())?;
    let mut out = fs::OpenOptions::new()
        .write(true)
        .open(file)
        .with_context(|| format!("{shown} cannot be written"))?;
    out.write_all(new.as_bytes())
        .and_then(|()| out.set_len(new.len() as u64))
        .and_then(|()| out.sync_all())
        .with_context(|| format!("{shown} cannot be written"))?;
    Ok(kid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_auth::{Ring, SigningKey};

    #[test]
    fn a_rotation_keeps_the_former_key_and_a_revocation_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("keys");
        let first = SigningKey::generate().unwrap();
        fs::write(&file, first.to_text()).unwrap();
        let kids = || {
            let ring = Ring::parse(&fs::read_to_string(&file).unwrap()).unwrap();
            ring.keys().map(|key| key.kid().to_owned()).collect::<Vec<_>>()
        };
        let second = rotate(&file, 1_800_000_000, 600, false).unwrap();
        assert_eq!(kids(), [first.kid().to_owned(), second]);
        let third = rotate(&file, 1_800_000_001, 0, true).unwrap();
        assert_eq!(kids(), [third]);
        fs::write(&file, "junk").unwrap();
        assert!(rotate(&file, 1_800_000_002, 0, false).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "junk");
    }
}
