//! The secrets of one installation: made once, kept in `data/secrets` with mode 0600, never printed.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use rand::{TryRngCore, rngs::OsRng};
use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use streamly_auth::{Ring, SigningKey};

/// The folder of secrets.
#[derive(Debug, Clone)]
pub(crate) struct Secrets(PathBuf);

impl Secrets {
    pub(crate) fn open(data: &Path) -> Result<Self> {
        let dir = data.join("secrets");
        fs::create_dir_all(&dir).with_context(|| format!("the folder {} cannot be made", dir.display()))?;
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700))?;
        Ok(Self(dir))
    }

    /// Where they are, for a service that keeps its own.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// An Ed25519 key of that name: the file, and the key.
    pub(crate) fn signing_key(&self, name: &str) -> Result<(PathBuf, SigningKey)> {
        let path = self.file(name, || Ok(SigningKey::generate()?.to_text()))?;
        let key = SigningKey::from_text(&fs::read_to_string(&path)?)
            .with_context(|| format!("{} is damaged", path.display()))?;
        Ok((path, key))
    }

    /// The keys of access tokens, one at first: the file.
    pub(crate) fn ring(&self, name: &str) -> Result<PathBuf> {
        let path = self.file(name, || Ok(SigningKey::generate()?.to_text()))?;
        Ring::parse(&fs::read_to_string(&path)?).with_context(|| format!("{} is damaged", path.display()))?;
        Ok(path)
    }

    /// 32 random bytes in base64: the file.
    pub(crate) fn random(&self, name: &str) -> Result<PathBuf> {
        self.file(name, || {
            let mut bytes = [0u8; 32];
            OsRng.try_fill_bytes(&mut bytes).context("no random bytes")?;
            Ok(STANDARD.encode(bytes))
        })
    }

    /// The text of a secret.
    pub(crate) fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.0.join(name)).ok().map(|t| t.trim().to_owned())
    }

    /// Keeps a text.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.0.join(name);
        let temporary = self.0.join(format!("{name}.new"));
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &path).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(())
    }

    /// Removes a text.
    pub(crate) fn forget(&self, name: &str) -> Result<()> {
        Ok(fs::remove_file(self.0.join(name))?)
    }

    fn file(&self, name: &str, make: impl FnOnce() -> Result<String>) -> Result<PathBuf> {
        let path = self.0.join(name);
        if !path.exists() {
            self.write(name, &make()?)?;
        }
        Ok(path)
    }
}
