//! A picture that somebody brought, in the size and the format that the browser prefers. Its room is there before it is.

use leptos::prelude::*;
use model::{Picture, PictureFormat};

/// How a picture is shown.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// A class for its look.
    pub class: &'static str,
    /// How wide it is shown, as the `sizes` attribute tells it.
    pub sizes: &'static str,
    /// Points across of the file for browsers that choose nothing.
    pub width: u32,
    /// Whether it is seen before anybody scrolls.
    pub is_first: bool,
}

/// Above everything else of a project.
pub(crate) const HEAD: Frame = Frame {
    class: "cover",
    sizes: "(width >= 80rem) 57rem, (width >= 64rem) 70vw, 92vw",
    width: 1_280,
    is_first: true,
};
/// Beside a line of a list.
pub(crate) const THUMBNAIL: Frame = Frame { class: "thumbnail", sizes: "9rem", width: 320, is_first: false };
/// In a form that sets it.
pub(crate) const PREVIEW: Frame = Frame { class: "thumbnail", sizes: "16rem", width: 320, is_first: false };
/// With a message.
pub(crate) const SHOWN: Frame =
    Frame { class: "shown", sizes: "(width >= 40rem) 30rem, 80vw", width: 640, is_first: false };
/// A person.
pub(crate) const PERSON: Frame = Frame { class: "person", sizes: "6rem", width: 192, is_first: false };

/// The picture. Views of lists are rendered as markup at once, so that it is not erased.
pub(crate) fn photo(picture: &Picture, frame: Frame) -> impl IntoView + use<> {
    let Frame { class, sizes, width, is_first } = frame;
    let (avif, webp) = (picture.srcset(PictureFormat::Avif), picture.srcset(PictureFormat::WebP));
    let description = picture.description.clone();
    picture.at_least(width).map(|size| {
        let address = size.address(PictureFormat::WebP);
        view! {
            <picture class=class>
                <source type="image/avif" srcset=avif sizes=sizes />
                <source type="image/webp" srcset=webp sizes=sizes />
                <img
                    src=address
                    alt=description
                    width=size.width
                    height=size.height
                    loading=(!is_first).then_some("lazy")
                    fetchpriority=is_first.then_some("high")
                    decoding="async"
                    dir="auto"
                />
            </picture>
        }
    })
}
