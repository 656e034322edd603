//! The store that the configuration names.

use std::{sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ClientOptions, DynObjectStore, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
};

use crate::config::{BlobsConfig, S3Config};

/// The longest that one request to a bucket may take, and all tries of it.
const REQUEST_WITHIN: Duration = Duration::from_secs(4);
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
const TRIES_MAX: usize = 2;

/// The store, and what all paths in it begin with.
pub(super) fn open(config: &BlobsConfig) -> Result<(Arc<DynObjectStore>, Path), String> {
    match config {
        BlobsConfig::Folder(folder) => {
            let failed = |reason: String| format!("the folder {} cannot be used ({reason})", folder.display());
            std::fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
            let files = LocalFileSystem::new_with_prefix(folder).map_err(|e| failed(e.to_string()))?;
            Ok((Arc::new(files), Path::default()))
        }
        BlobsConfig::S3(s3) => Ok((bucket(s3).map_err(|e| e.to_string())?, Path::from(s3.prefix.as_str()))),
    }
}

fn bucket(s3: &S3Config) -> Result<Arc<DynObjectStore>, object_store::Error> {
    // The client asks for the process's own provider of cryptography. Where there is one already, that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let plain = s3.endpoint.as_deref().is_some_and(|url| url.starts_with("http://"));
    let client =
        ClientOptions::new().with_timeout(REQUEST_WITHIN).with_connect_timeout(CONNECT_WITHIN).with_allow_http(plain);
    let retry = RetryConfig {
        backoff: BackoffConfig { init_backoff: Duration::from_millis(100), ..BackoffConfig::default() },
        max_retries: TRIES_MAX,
        retry_timeout: REQUEST_WITHIN,
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&s3.bucket)
        .with_region(&s3.region)
        .with_client_options(client)
        .with_retry(retry);
    if let Some(endpoint) = &s3.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some(keys) = &s3.keys {
        builder = builder.with_access_key_id(&keys.id).with_secret_access_key(&keys.secret);
        if let Some(session) = &keys.session {
            builder = builder.with_token(session);
        }
    }
    Ok(Arc::new(builder.build()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::S3Keys;

    #[tokio::test]
    async fn a_bucket_is_opened_without_asking_it() {
        let keys = S3Keys { id: "AK".into(), secret: "SK".into(), session: Some("token".into()) };
        let s3 = S3Config {
            bucket: "files".into(),
            prefix: "a/b".into(),
            region: "eu-central-1".into(),
            endpoint: Some("http://127.0.0.1:9".into()),
            keys: Some(keys),
        };
        let (files, prefix) = open(&BlobsConfig::S3(s3)).unwrap();
        assert!(files.to_string().contains("files"));
        let path = super::super::Digest::of(b"x").path(&prefix);
        assert!(path.as_ref().starts_with("a/b/2d/71/2d711642"), "{path}");
    }
}
