//! Where files are kept that are too big for the database: exports, pictures.

use std::{fmt, path::PathBuf};

use super::{BadConfig, Variables, bad};

/// `ATLAS9_BLOBS`: a folder, or `s3://bucket/prefix` for whatever speaks S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobsConfig {
    /// A folder of this machine. Instances on several machines need one that they share, or S3.
    Folder(PathBuf),
    /// A bucket.
    S3(S3Config),
}

/// A bucket and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Config {
    /// Its name.
    pub bucket: String,
    /// What the names of all blobs begin with; empty for the bucket as a whole.
    pub prefix: String,
    /// `AWS_REGION`, or `AWS_DEFAULT_REGION`.
    pub region: String,
    /// `AWS_ENDPOINT_URL_S3`, or `AWS_ENDPOINT_URL`: for S3 of other makers.
    pub endpoint: Option<String>,
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; without them the machine's own role is asked for.
    pub keys: Option<S3Keys>,
}

/// Keys to a bucket.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Keys {
    /// Which.
    pub id: String,
    /// The secret.
    pub secret: String,
    /// `AWS_SESSION_TOKEN`: for keys that are lent for a while.
    pub session: Option<String>,
}

impl fmt::Debug for S3Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Keys({}, …)", self.id)
    }
}

impl BlobsConfig {
    pub(super) fn read(variables: &Variables) -> Result<Self, BadConfig> {
        match variables.text("ATLAS9_BLOBS").unwrap_or(".local/blobs") {
            address if address.starts_with("s3://") => Ok(Self::S3(s3(variables, address)?)),
            address if address.contains("://") => {
                Err(bad("ATLAS9_BLOBS", address, "it takes a folder, or s3://bucket/prefix"))
            }
            folder => Ok(Self::Folder(folder.into())),
        }
    }
}

fn s3(variables: &Variables, address: &str) -> Result<S3Config, BadConfig> {
    let rest = address.trim_start_matches("s3://").trim_end_matches('/');
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let is_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let climbs = prefix.split('/').any(|part| part == ".." || part == "." || (part.is_empty() && !prefix.is_empty()));
    if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(plain) || !prefix.chars().all(is_path) || climbs {
        return Err(bad("ATLAS9_BLOBS", address, "it takes s3:// with a bucket's name and a plain prefix"));
    }
    let endpoint = variables.text("AWS_ENDPOINT_URL_S3").or_else(|| variables.text("AWS_ENDPOINT_URL"));
    if let Some(url) = endpoint.filter(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
        return Err(bad("AWS_ENDPOINT_URL", url, "it takes an address such as https://s3.example.com"));
    }
    let region = variables.text("AWS_REGION").or_else(|| variables.text("AWS_DEFAULT_REGION")).unwrap_or("us-east-1");
    Ok(S3Config {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        region: region.to_owned(),
        endpoint: endpoint.map(|url| url.trim_end_matches('/').to_owned()),
        keys: keys(variables)?,
    })
}

fn keys(variables: &Variables) -> Result<Option<S3Keys>, BadConfig> {
    let session = variables.text("AWS_SESSION_TOKEN").map(str::to_owned);
    match (variables.text("AWS_ACCESS_KEY_ID"), variables.text("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => Ok(Some(S3Keys { id: id.to_owned(), secret: secret.to_owned(), session })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(bad("AWS_SECRET_ACCESS_KEY", "(not set)", "AWS_ACCESS_KEY_ID is set and needs it")),
        (None, Some(_)) => Err(bad("AWS_ACCESS_KEY_ID", "(not set)", "AWS_SECRET_ACCESS_KEY is set and needs it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<BlobsConfig, BadConfig> {
        BlobsConfig::read(&Variables::new(pairs.iter().copied()))
    }

    #[test]
    fn a_folder_is_the_default_and_a_bucket_takes_the_usual_variables() {
        assert_eq!(read(&[]), Ok(BlobsConfig::Folder(".local/blobs".into())));
        assert_eq!(read(&[("ATLAS9_BLOBS", "/var/lib/atlas9")]), Ok(BlobsConfig::Folder("/var/lib/atlas9".into())));
        let BlobsConfig::S3(s3) = read(&[
            ("ATLAS9_BLOBS", "s3://atlas9-files/production/"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9000/"),
            ("AWS_ACCESS_KEY_ID", "AK"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ])
        .unwrap() else {
            panic!("it is a bucket")
        };
        assert_eq!((s3.bucket.as_str(), s3.prefix.as_str()), ("atlas9-files", "production"));
        assert_eq!((s3.region.as_str(), s3.endpoint.as_deref()), ("eu-central-1", Some("http://127.0.0.1:9000")));
        assert!(!format!("{s3:?}").contains("hunter2"));
        assert_eq!(s3.keys.unwrap().secret, "hunter2");
        let BlobsConfig::S3(plain) = read(&[("ATLAS9_BLOBS", "s3://files")]).unwrap() else { panic!("a bucket") };
        assert_eq!((plain.prefix.as_str(), plain.keys), ("", None));
    }

    #[test]
    fn what_is_neither_is_refused_and_secrets_stay_out_of_the_sentence() {
        for wrong in
            ["gs://bucket", "s3://", "s3://ab", "s3://Bucket", "s3://bucket/../up", "s3://bucket/a//b", "s3://buc ket"]
        {
            assert_eq!(read(&[("ATLAS9_BLOBS", wrong)]).unwrap_err().variable, "ATLAS9_BLOBS", "{wrong}");
        }
        let bucket = ("ATLAS9_BLOBS", "s3://bucket");
        let half = read(&[bucket, ("AWS_SECRET_ACCESS_KEY", "hunter2")]).unwrap_err();
        assert_eq!(half.variable, "AWS_ACCESS_KEY_ID");
        assert!(!half.to_string().contains("hunter2"));
        assert_eq!(read(&[bucket, ("AWS_ENDPOINT_URL", "minio:9000")]).unwrap_err().variable, "AWS_ENDPOINT_URL");
    }
}
