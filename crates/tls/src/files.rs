//! A certificate's two files, read and judged. Each problem names the file that it is about.

use rustls::{
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    sign::CertifiedKey,
};
use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Largest certificate or key file read, bytes; a chain has some 6 KiB. Without it a wrong path could fill the memory.
pub const MAX_FILE: u64 = 256 << 10;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file is far too long.
    #[error("{} is longer than {MAX_FILE} bytes", .0.display())]
    TooLong(PathBuf),
    /// A file holds no PEM, or not what it should.
    #[error("{} is not PEM: {source}", path.display())]
    Pem {
        /// Which.
        path: PathBuf,
        /// What is wrong in it.
        source: pem::Error,
    },
    /// There is no certificate in the file.
    #[error("{} holds no certificate", .0.display())]
    Empty(PathBuf),
    /// The two do not fit each other, or no server can use them.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// Where chain and key are, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The certificate, its issuers behind it.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// What tells one version of the files from another; names may be links that are moved on.
pub(crate) type Version = [Option<(u64, i64, i64, u64)>; 2];

impl Files {
    /// Everything that is wrong with them, none if they can be used. Reads both.
    pub fn problems(&self) -> Vec<Error> {
        match (chain(&self.cert), key(&self.key)) {
            (Ok(chain), Ok(key)) => fitted(chain, key).err().into_iter().collect(),
            (chain, key) => chain.err().into_iter().chain(key.err()).collect(),
        }
    }

    /// Errors: the first of what is wrong with them.
    pub(crate) fn load(&self) -> Result<CertifiedKey, Error> {
        fitted(chain(&self.cert)?, key(&self.key)?)
    }

    pub(crate) fn version(&self) -> Version {
        let of = |path: &Path| {
            let meta = fs::metadata(path).ok()?;
            Some((meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.size()))
        };
        [of(&self.cert), of(&self.key)]
    }
}

fn fitted(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<CertifiedKey, Error> {
    CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(Error::Unusable)
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let text = read(path)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|source| Error::Pem { path: path.to_owned(), source })?;
    if chain.is_empty() { Err(Error::Empty(path.to_owned())) } else { Ok(chain) }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|source| Error::Pem { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.len() > MAX_FILE {
        return Err(Error::TooLong(path.to_owned()));
    }
    fs::read(path).map_err(failed)
}
