//! Pictures that people bring, in the sizes that browsers choose from.

use serde::{Deserialize, Serialize};

/// The most characters of a description.
pub const DESCRIPTION_MAX_CHARS: usize = 300;

/// A picture that is ready: every size as AVIF and as WebP. The files lie under the hash of their content, so that none ever changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// What it shows, for whoever does not see it; empty when it only decorates.
    #[serde(default)]
    pub description: String,
    /// The smallest first; never empty.
    pub sizes: Vec<PictureSize>,
}

/// One size of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureSize {
    /// Points across.
    pub width: u32,
    /// Points down.
    pub height: u32,
    /// The SHA-256 of the AVIF file, in lower-case hexadecimal.
    pub avif: String,
    /// Likewise of the WebP file.
    pub webp: String,
}

/// A file's kind, for which a browser says whether it takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    /// The smaller one.
    Avif,
    /// The one that every browser of these years takes.
    WebP,
}

impl PictureFormat {
    /// The end of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Avif => "avif",
            Self::WebP => "webp",
        }
    }

    /// As it stands in `Content-Type`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Avif => "image/avif",
            Self::WebP => "image/webp",
        }
    }

    /// The format of a file with this end.
    pub fn named(extension: &str) -> Option<Self> {
        [Self::Avif, Self::WebP].into_iter().find(|format| format.extension() == extension)
    }
}

impl PictureSize {
    /// The file's address.
    pub fn address(&self, format: PictureFormat) -> String {
        let digest = match format {
            PictureFormat::Avif => &self.avif,
            PictureFormat::WebP => &self.webp,
        };
        format!("/images/{digest}.{}", format.extension())
    }
}

impl Picture {
    /// The addresses of all sizes with their widths, as `srcset` takes them.
    pub fn srcset(&self, format: PictureFormat) -> String {
        let sizes = self.sizes.iter().map(|size| format!("{} {}w", size.address(format), size.width));
        sizes.collect::<Vec<_>>().join(", ")
    }

    /// The smallest that has so many points across, else the largest.
    pub fn at_least(&self, width: u32) -> Option<&PictureSize> {
        self.sizes.iter().find(|size| size.width >= width).or(self.sizes.last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_of_every_size_and_the_rest_of_one_that_is_large_enough() {
        let size =
            |width: u32| PictureSize { width, height: width / 2, avif: format!("a{width}"), webp: format!("b{width}") };
        let picture = Picture { description: String::new(), sizes: vec![size(320), size(640)] };
        assert_eq!(picture.srcset(PictureFormat::WebP), "/images/b320.webp 320w, /images/b640.webp 640w");
        assert_eq!(picture.srcset(PictureFormat::Avif), "/images/a320.avif 320w, /images/a640.avif 640w");
        let width = |wanted| picture.at_least(wanted).map(|size| size.width);
        assert_eq!((width(1), width(321), width(2_000)), (Some(320), Some(640), Some(640)));
        assert_eq!(PictureFormat::named("webp"), Some(PictureFormat::WebP));
        assert_eq!(PictureFormat::named("png"), None);
    }
}
