//! The account that PostgreSQL and Redis run as: ourselves, or an unprivileged one when we are root (initdb refuses root).

use anyhow::{Context, Result, ensure};
use nix::{
    fcntl::OFlag,
    unistd::{User, geteuid},
};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
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
        fs::create_dir_all(dir).with_context(|| format!("the folder {} cannot be made", dir.display()))?;
        if let Some(user) = &self.drop_to {
            std::os::unix::fs::chown(dir, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .with_context(|| format!("{} cannot be given to {}", dir.display(), user.name))?;
        }
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        Ok(())
    }

    /// As [`Account::private_dir`] for a folder whose name anybody can foresee in a place where anybody can make one (/tmp). One that is
    /// there already must be a folder itself, ours or the servers' account's, and closed to everybody else: otherwise somebody else
    /// would hold the servers' sockets. Looked at and changed through one descriptor, so nobody swaps it in between.
    pub(crate) fn private_dir_among_strangers(&self, dir: &Path) -> Result<()> {
        let advice = "remove it, or choose a data folder with a shorter path by STREAMLY_DATA_DIR, which then holds the sockets itself";
        match fs::DirBuilder::new().mode(0o700).create(dir) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.with_context(|| format!("the folder {} cannot be made", dir.display()))?,
        }
        let open = fs::OpenOptions::new()
            .read(true)
            .custom_flags((OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW).bits())
            .open(dir)
            .with_context(|| {
                format!(
                    "{} is no folder that the sockets can be in (a link, or closed): {advice}",
                    dir.display()
                )
            })?;
        let found = open.metadata()?;
        let (me, servers) = (geteuid().as_raw(), self.drop_to.as_ref().map(|user| user.uid.as_raw()));
        ensure!(
            found.uid() == me || Some(found.uid()) == servers,
            "the folder {} for the sockets was made by somebody else (user id {}): {advice}",
            dir.display(),
            found.uid()
        );
        ensure!(
            found.mode() & 0o077 == 0,
            "the folder {} for the sockets is open to others (mode {:o}, not 700): {advice}",
            dir.display(),
            found.mode() & 0o7777
        );
        if let Some(user) = &self.drop_to {
            std::os::unix::fs::fchown(&open, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .with_context(|| format!("{} cannot be given to {}", dir.display(), user.name))?;
        }
        open.set_permissions(fs::Permissions::from_mode(0o700))?;
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
    fs::metadata(dir).is_ok_and(|m| m.mode() & 0o001 != 0)
}

#[cfg(test)]
mod tests {
    use super::{Account, name_of};
    use nix::unistd::{User, geteuid};
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    #[test]
    fn a_folder_keeps_its_name_for_ever() {
        // SHA-256 of "/srv/streamly/data": a value that no build may change.
        assert_eq!(name_of(Path::new("/srv/streamly/data")), "c5268c55b87af2f0");
    }

    #[test]
    fn a_folder_among_strangers_is_made_closed_and_taken_again() {
        let (all, account) = (tempfile::tempdir().unwrap(), Account::choose().unwrap());
        let dir = all.path().join("sockets");
        for _ in 0..2 {
            account.private_dir_among_strangers(&dir).unwrap();
            assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o7777, 0o700);
        }
    }

    #[test]
    fn a_folder_among_strangers_that_somebody_else_could_hold_is_refused() {
        let (all, account) = (tempfile::tempdir().unwrap(), Account { drop_to: None });
        let at = |name: &str| all.path().join(name);
        let refused = |dir: &Path, why: &str| {
            let error = format!("{:#}", account.private_dir_among_strangers(dir).unwrap_err());
            assert!(error.contains(why) && error.contains("STREAMLY_DATA_DIR"), "{error}");
            assert!(error.contains(&dir.display().to_string()), "{error}");
        };
        fs::create_dir(at("open")).unwrap();
        fs::set_permissions(at("open"), fs::Permissions::from_mode(0o755)).unwrap();
        refused(&at("open"), "open to others");
        fs::create_dir(at("closed")).unwrap();
        fs::set_permissions(at("closed"), fs::Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::symlink(at("closed"), at("link")).unwrap();
        refused(&at("link"), "no folder");
        fs::write(at("file"), "").unwrap();
        refused(&at("file"), "no folder");
        // Somebody else's: as root we can make one, as anybody else the root folder is one.
        if geteuid().is_root() {
            let other = User::from_name("nobody").unwrap().expect("every system has nobody");
            std::os::unix::fs::chown(at("closed"), Some(other.uid.as_raw()), None).unwrap();
            refused(&at("closed"), "somebody else");
            let theirs = Account { drop_to: Some(other) };
            theirs.private_dir_among_strangers(&at("closed")).unwrap();
        } else {
            refused(Path::new("/"), "somebody else");
        }
    }
}
