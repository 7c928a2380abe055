//! A certificate of this node's own, signed by itself: made once, kept with its key in a folder.
//!
//! Nobody trusts it but who is told to (docs/OPERATING.md). Two files, the key readable by its owner only. Nodes that share the folder
//! share the certificate: the folder itself is locked (flock(2)) while one of them looks for the files and makes them.

use super::{Error, Files};
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

const CERT: &str = "rtmps.crt";
const KEY: &str = "rtmps.key";
/// Told as its owner.
const COMMON_NAME: &str = "Streamly RTMPS";

/// The files in that folder, made for these host names and addresses if they are not both there.
pub(super) fn files(folder: &Path, names: &[String]) -> Result<Files, Error> {
    let files = Files { cert: folder.join(CERT), key: folder.join(KEY) };
    let are_there = || files.cert.exists() && files.key.exists();
    if are_there() {
        return Ok(files);
    }
    let failed = |source| Error::Keep { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    // Let go when it is closed.
    let locked = fs::File::open(folder).map_err(failed)?;
    if let Err(error) = locked.lock() {
        tracing::warn!(%error, folder = %folder.display(), "the folder cannot be locked: another node must not make a certificate in it now");
    }
    if are_there() {
        return Ok(files);
    }
    // The certificate comes last and goes first: where both files are, they belong together, whatever was interrupted.
    match fs::remove_file(&files.cert) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::Keep { path: files.cert, source: error });
        }
        _ => {}
    }
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, COMMON_NAME);
    // Nobody renews it, so it outlives the machine; a date behind 2049 has another form that some readers do not know.
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    let cert = params.self_signed(&key)?;
    let keep = |path: &Path, mode: u32, text: &str| {
        write(path, mode, text).map_err(|source| Error::Keep { path: path.to_owned(), source })
    };
    keep(&files.key, 0o600, &key.serialize_pem())?;
    keep(&files.cert, 0o644, &cert.pem())?;
    Ok(files)
}

/// Whole or not at all.
fn write(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let temporary = path.with_extension("new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}
