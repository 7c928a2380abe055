//! Putting, getting and deleting, on disk and in a bucket alike.

use crate::{Config, Error, Key, client::Connector};
use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    Attribute, Attributes, BackoffConfig, ObjectStore, ObjectStoreExt, PutOptions, RetryConfig,
    aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
};
use std::{sync::Arc, time::Duration};

/// Tries after a first one that failed, where a repeat does no harm.
const RETRIES: usize = 2;

/// An object that is being read.
pub struct Object {
    /// All of its bytes.
    pub size: u64,
    /// Them, in chunks. An error in the middle ends it.
    pub bytes: BoxStream<'static, Result<Bytes, Error>>,
}

/// A store. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    prefix: Option<String>,
    /// A bucket is told what the bytes are; a file system is not.
    has_attributes: bool,
    timeout: Duration,
}

impl Store {
    /// The store of the settings; `None` when they name neither folder nor bucket. Makes the folder, and speaks to no bucket yet.
    /// Errors: settings that contradict one another, a folder that cannot be made.
    pub fn new(config: &Config) -> Result<Option<Self>, Error> {
        match (&config.dir, &config.bucket) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                Err(wrong("storage.bucket", "a folder and a bucket are both set: keep one"))
            }
            (Some(dir), None) => {
                let bad = |e: &dyn std::fmt::Display| {
                    wrong("storage.dir", format!("{} cannot be used: {e}", dir.display()))
                };
                std::fs::create_dir_all(dir).map_err(|e| bad(&e))?;
                let disk = LocalFileSystem::new_with_prefix(dir).map_err(|e| bad(&e))?.with_fsync(true);
                Ok(Some(Self {
                    inner: Arc::new(disk),
                    prefix: None,
                    has_attributes: false,
                    timeout: config.timeout.get(),
                }))
            }
            (None, Some(bucket)) => Self::bucket(config, bucket).map(Some),
        }
    }

    fn bucket(config: &Config, bucket: &str) -> Result<Self, Error> {
        let (Some(id), Some(secret)) = (&config.access_key, config.secret()?) else {
            return Err(wrong(
                "storage.access_key",
                "a bucket needs access_key and secret_key or secret_key_file",
            ));
        };
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(1),
                base: 2.0,
            },
            max_retries: RETRIES,
            retry_timeout: config.timeout.get(),
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&config.region)
            .with_access_key_id(id)
            .with_secret_access_key(secret.expose())
            .with_retry(retry)
            .with_allow_http(true)
            .with_http_connector(Connector::new(config.ca_file.as_deref(), config.timeout.get())?);
        if let Some(endpoint) = &config.endpoint {
            if !["http://", "https://"].iter().any(|scheme| endpoint.starts_with(scheme)) {
                return Err(wrong("storage.endpoint", format!("{endpoint:?} is not http(s)://host[:port]")));
            }
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        let s3 = builder.build().map_err(|e| wrong("storage.bucket", e.to_string()))?;
        Ok(Self {
            inner: Arc::new(s3),
            prefix: config.prefix.clone(),
            has_attributes: true,
            timeout: config.timeout.get(),
        })
    }

    fn path(&self, key: &Key) -> Path {
        match &self.prefix {
            Some(prefix) => Path::from(format!("{prefix}/{key}")),
            None => Path::from(key.path()),
        }
    }

    /// Stores the bytes, as a whole or not at all; whatever was there is replaced.
    pub async fn put(&self, key: &Key, bytes: Bytes) -> Result<(), Error> {
        let mut options = PutOptions::default();
        if self.has_attributes {
            options.attributes = Attributes::from_iter([(Attribute::ContentType, key.kind().content_type())]);
        }
        self.in_time(self.inner.put_opts(&self.path(key), bytes.into(), options)).await.map(|_| ())
    }

    /// Begins to read an object.
    pub async fn get(&self, key: &Key) -> Result<Object, Error> {
        let found = self.in_time(self.inner.get(&self.path(key))).await?;
        let size = found.meta.size;
        Ok(Object { size, bytes: found.into_stream().map(|chunk| chunk.map_err(Error::from)).boxed() })
    }

    /// All of an object of at most `max` bytes.
    pub async fn read(&self, key: &Key, max: u64) -> Result<Bytes, Error> {
        let found = self.in_time(self.inner.get(&self.path(key))).await?;
        let size = found.meta.size;
        if size > max {
            return Err(Error::TooLarge { size, max });
        }
        self.in_time(found.bytes()).await
    }

    /// Removes an object; one that is not there is removed already.
    pub async fn delete(&self, key: &Key) -> Result<(), Error> {
        match self.in_time(self.inner.delete(&self.path(key))).await {
            Err(Error::NotFound(_)) => Ok(()),
            done => done,
        }
    }

    /// A bucket's request may be tried again and has a limit of its own: this is for all of them together, and for a disk that hangs.
    async fn in_time<T>(&self, work: impl Future<Output = object_store::Result<T>>) -> Result<T, Error> {
        match tokio::time::timeout(self.timeout * 2, work).await {
            Ok(done) => done.map_err(Error::from),
            Err(late) => Err(Error::Away(Box::new(late))),
        }
    }
}

fn wrong(key: &'static str, detail: impl Into<String>) -> Error {
    Error::Settings { key, detail: detail.into() }
}
