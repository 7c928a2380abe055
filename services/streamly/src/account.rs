//! The account that PostgreSQL and Redis run as: ourselves, or an unprivileged one when we are root (initdb refuses root).

use anyhow::{Context, Result};
use nix::unistd::{User, geteuid};
use sha2::{Digest, Sha256};
use std::{
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

/// Whom the servers run as.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// `None`: as we are.
    pub(crate) drop_to: Option<User>,
}

impl Account {
    pub(crate) fn choose() -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self { drop_to: None });
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self { drop_to: Some(user) });
            }
        }
        anyhow::bail!(
            "running as root, and there is no account `postgres` or `nobody` for the database to run as: install the package postgresql"
        )
    }

    /// Makes a folder that only the servers' account (and root) can enter.
    pub(crate) fn private_dir(&self, dir: &Path) -> Result<()> {
        std::fs::create_dir_all(dir)
            .with_context(|| format!("the folder {} cannot be made", dir.display()))?;
        if let Some(user) = &self.drop_to {
            std::os::unix::fs::chown(dir, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .with_context(|| format!("{} cannot be given to {}", dir.display(), user.name))?;
        }
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
        Ok(())
    }

    /// Where the servers keep their data: `data` itself if their account can reach it, else a folder under /var/lib
    /// (a data folder below root's home cannot be reached by anybody else).
    pub(crate) fn servers_dir(&self, data: &Path) -> PathBuf {
        if self.drop_to.is_none() || data.ancestors().skip(1).all(anybody_may_enter) {
            return data.to_owned();
        }
        Path::new("/var/lib/streamly").join(name_of(data))
    }
}

/// A short name for a path: the same for ever, also from another build, since people's data lies under it.
pub(crate) fn name_of(path: &Path) -> String {
    Sha256::digest(path.as_os_str().as_bytes())[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn anybody_may_enter(dir: &Path) -> bool {
    std::fs::metadata(dir).is_ok_and(|m| m.mode() & 0o001 != 0)
}

#[cfg(test)]
mod tests {
    use super::name_of;
    use std::path::Path;

    #[test]
    fn a_folder_keeps_its_name_for_ever() {
        // SHA-256 of "/srv/streamly/data": a value that no build may change.
        assert_eq!(name_of(Path::new("/srv/streamly/data")), "c5268c55b87af2f0");
    }
}
