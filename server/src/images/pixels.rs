//! From the bytes of somebody's file to the sizes that are shown. Nothing of the file is kept but its pixels: no place, no camera, no thumbnail with what was cut off.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbaImage, imageops::FilterType,
    metadata::Orientation,
};
use ravif::{BitDepth, Encoder, Img};
use rgb::FromSlice;

/// The most points of a picture, and of one side.
pub(super) const POINTS_MAX: u64 = 40_000_000;
pub(super) const SIDE_MAX: u32 = 12_000;
/// The fewest points of a side: less is no picture of anything.
const SIDE_MIN: u32 = 16;
/// Bytes of the points as they are decoded: as many as there may be with a byte a colour. With two bytes a colour it is fewer points.
const DECODED_MAX: u64 = 4 * POINTS_MAX;
/// Bytes that a decoder may take for what it works with, and for what else stands in a file, such as its colour profile.
const WORK_MAX: u64 = 16 << 20;
/// Likewise when only the head of a file is read.
const LOOK_MAX: u64 = 2 << 20;
/// The largest colour profile that is heeded.
const PROFILE_MAX: usize = 4 << 20;
/// What may be sent, as the file itself says.
const TAKEN: [ImageFormat; 4] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif];
/// Qualities that are tried, best first, until a file is small enough.
const AVIF_QUALITIES: [u8; 4] = [65, 50, 35, 20];
const WEBP_QUALITIES: [u8; 5] = [80, 65, 50, 30, 10];
/// Effort of the AVIF encoder, from 1 (all) to 10 (least): a picture of the largest size takes about a second of one core.
const AVIF_SPEED: u8 = 8;

/// How often one side may be as long as the other.
const STRIPE: u32 = 3;

/// The sizes of one sort of picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Across and down, as they relate; as they do in what was sent when it is left open.
    aspect: Option<(u32, u32)>,
    /// Points across, and the most bytes of a file of that size. The smallest first.
    widths: &'static [(u32, usize)],
}

impl Sizes {
    /// How a picture is shown: whole, unless it is a stripe.
    fn aspect_of(self, image: &DynamicImage) -> (u32, u32) {
        let (width, height) = (image.width(), image.height());
        self.aspect.unwrap_or(match () {
            () if height > STRIPE * width => (1, STRIPE),
            () if width > STRIPE * height => (STRIPE, 1),
            () => (width, height),
        })
    }
}

/// Covers of projects.
pub(super) const COVER: Sizes =
    Sizes { aspect: Some((2, 1)), widths: &[(320, 30_000), (640, 60_000), (1_280, 120_000), (1_920, 200_000)] };
/// Pictures of people.
pub(super) const AVATAR: Sizes = Sizes { aspect: Some((1, 1)), widths: &[(48, 8_000), (96, 12_000), (192, 30_000)] };
/// What people show each other.
pub(super) const SHOWN: Sizes = Sizes { aspect: None, widths: &[(320, 40_000), (640, 80_000), (1_280, 160_000)] };

/// One size, in both formats.
pub(super) struct Made {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) avif: Vec<u8>,
    pub(super) webp: Vec<u8>,
}

/// Why a file does not become a picture. Told to whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadImage {
    /// Of another kind, or damaged from its first byte on.
    #[error("it is not a picture that can be read here: send a JPEG, PNG, WebP or GIF file")]
    Unknown,
    /// The file begins well and ends badly.
    #[error("the file is damaged, or not all of it arrived")]
    Damaged,
    /// More points than are read.
    #[error("it has {0} × {1} points; at most 40 million are read, and {SIDE_MAX} on a side. Send a smaller one")]
    TooLarge(u32, u32),
    /// More bytes than points of a byte a colour would have.
    #[error("it has more than {} MB once it is unpacked. Send a smaller one, or one with 8 bits a colour", DECODED_MAX / 1_000_000)]
    TooHeavy,
    /// Hardly any points.
    #[error("it has {0} × {1} points; {SIDE_MIN} on each side are the least")]
    TooSmall(u32, u32),
}

/// What a file says of itself, without decoding it.
///
/// # Errors
/// [`BadImage`] when it is not read here.
pub(super) fn look(bytes: &[u8]) -> Result<ImageFormat, BadImage> {
    let format = image::guess_format(bytes).map_err(|_| BadImage::Unknown)?;
    if !TAKEN.contains(&format) {
        return Err(BadImage::Unknown);
    }
    let (width, height) = reader(bytes, format, None, LOOK_MAX).into_dimensions().map_err(|_| BadImage::Damaged)?;
    if width > SIDE_MAX || height > SIDE_MAX || u64::from(width) * u64::from(height) > POINTS_MAX {
        return Err(BadImage::TooLarge(width, height));
    }
    if width < SIDE_MIN || height < SIDE_MIN {
        return Err(BadImage::TooSmall(width, height));
    }
    Ok(format)
}

/// All sizes of a picture that its points suffice for; at least one. Takes some seconds of one core.
///
/// # Errors
/// [`BadImage`].
pub(super) fn make(bytes: &[u8], sizes: Sizes) -> Result<Vec<Made>, BadImage> {
    let format = look(bytes)?;
    let image = decode(bytes, format)?;
    let aspect = sizes.aspect_of(&image);
    let whole = cut(image, aspect);
    let fitting = sizes.widths.iter().filter(|(width, _)| *width <= whole.width()).copied();
    let mut wanted: Vec<(u32, usize)> = fitting.collect();
    if wanted.is_empty() {
        // Nothing is gained by making points up.
        wanted.extend(sizes.widths.first().map(|(_, most)| (whole.width(), *most)));
    }
    // The largest first: each of the others is made of the one before, which is smaller than what was sent.
    let mut source = DynamicImage::ImageRgba8(whole);
    let mut made = Vec::new();
    for (width, most) in wanted.into_iter().rev() {
        let height = (width * aspect.1 / aspect.0).max(1);
        source = source.resize_exact(width, height, FilterType::Lanczos3);
        if let Some(size) = encode(&source.to_rgba8(), most) {
            made.push(size);
        }
    }
    made.reverse();
    if made.is_empty() { Err(BadImage::Damaged) } else { Ok(made) }
}

/// A decoder with bounds, of which that of a side is told to people by [`look`].
fn reader(bytes: &[u8], format: ImageFormat, side_max: Option<u32>, work_max: u64) -> ImageReader<Cursor<&[u8]>> {
    let mut limits = Limits::default();
    limits.max_image_width = side_max;
    limits.max_image_height = side_max;
    limits.max_alloc = Some(work_max);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    reader
}

/// The points as somebody sees them: turned as the camera was held, in the colours of the web. Of a film the first picture.
fn decode(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, BadImage> {
    let mut decoder = reader(bytes, format, Some(SIDE_MAX), WORK_MAX).into_decoder().map_err(|_| BadImage::Damaged)?;
    if decoder.total_bytes() > DECODED_MAX {
        return Err(BadImage::TooHeavy);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let colors = decoder.color_type();
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| BadImage::Damaged)?;
    if let Some(profile) = profile.filter(|profile| profile.len() <= PROFILE_MAX && colors.has_color()) {
        image = DynamicImage::ImageRgba8(in_srgb(image.into_rgba8(), &profile));
    }
    image.apply_orientation(orientation);
    Ok(image)
}

/// The same colours in the space that pages are shown in. A profile that is none changes nothing.
fn in_srgb(image: RgbaImage, profile: &[u8]) -> RgbaImage {
    use moxcms::{ColorProfile, Layout, TransformOptions};
    let Ok(from) = ColorProfile::new_from_slice(profile) else { return image };
    let to = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let Ok(transform) = from.create_transform_8bit(Layout::Rgba, &to, Layout::Rgba, options) else { return image };
    let (width, height) = image.dimensions();
    let mut turned = vec![0; image.as_raw().len()];
    match transform.transform(image.as_raw(), &mut turned) {
        Ok(()) => RgbaImage::from_raw(width, height, turned).unwrap_or(image),
        Err(_) => image,
    }
}

/// The middle of a picture, as large as its aspect allows.
fn cut(image: DynamicImage, (across, down): (u32, u32)) -> RgbaImage {
    let (width, height) = (image.width(), image.height());
    let fits = (u64::from(height) * u64::from(across) / u64::from(down)).clamp(1, u64::from(width));
    let fits = u32::try_from(fits).unwrap_or(width);
    let tall = (u64::from(fits) * u64::from(down) / u64::from(across)).clamp(1, u64::from(height));
    let tall = u32::try_from(tall).unwrap_or(height);
    let cut = image.crop_imm((width - fits) / 2, (height - tall) / 2, fits, tall);
    // Before there is a third of them.
    drop(image);
    cut.into_rgba8()
}

/// Both files of a size, each as good as its bytes allow; nothing when no quality is small enough.
fn encode(image: &RgbaImage, most: usize) -> Option<Made> {
    let (width, height) = image.dimensions();
    let small_enough = |bytes: &Vec<u8>| bytes.len() <= most;
    let avif = AVIF_QUALITIES.iter().filter_map(|quality| avif(image, *quality)).find(small_enough)?;
    let webp = WEBP_QUALITIES.iter().filter_map(|quality| webp(image, *quality)).find(small_enough)?;
    Some(Made { width, height, avif, webp })
}

fn avif(image: &RgbaImage, quality: u8) -> Option<Vec<u8>> {
    let (width, height) = (usize::try_from(image.width()).ok()?, usize::try_from(image.height()).ok()?);
    let encoder = Encoder::new()
        .with_quality(quality.into())
        .with_alpha_quality(quality.into())
        .with_speed(AVIF_SPEED)
        .with_bit_depth(BitDepth::Eight)
        // One picture at a time, on one core: the others serve pages.
        .with_num_threads(Some(1));
    let points = image.as_raw().as_slice().as_rgba();
    encoder.encode_rgba(Img::new(points, width, height)).ok().map(|made| made.avif_file)
}

fn webp(image: &RgbaImage, quality: u8) -> Option<Vec<u8>> {
    let encoder = webp::Encoder::from_rgba(image.as_raw(), image.width(), image.height());
    encoder.encode_simple(false, quality.into()).ok().map(|made| made.to_vec())
}

/// Everything before the encoders, which see points alone.
#[cfg(feature = "fuzz")]
pub(super) fn fuzzed(bytes: &[u8]) {
    let is_small = |(width, height)| u64::from(width) * u64::from(height) < 250_000;
    let Ok(format) = look(bytes) else { return };
    if reader(bytes, format, None, LOOK_MAX).into_dimensions().is_ok_and(is_small)
        && let Ok(image) = decode(bytes, format)
    {
        let aspect = COVER.aspect_of(&image);
        let cut = cut(image, aspect);
        assert!(cut.width() > 0 && cut.height() > 0);
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba};

    use super::*;

    fn png(image: &DynamicImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    /// Soft and grainy, like most of what a camera sees.
    fn dunes(width: u32, height: u32) -> DynamicImage {
        let mut seed = 7_u32;
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let slope = (f64::from(x) / 90.0 + f64::from(y) / 40.0).sin() * 60.0 + 140.0;
            let grain = f64::from(seed >> 28);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 80 to 215")]
            let light = (slope + grain) as u8;
            Rgb([light, light / 2 + 40, 255 - light])
        }))
    }

    /// What nobody can make small: every point is another.
    fn noise(width: u32, height: u32) -> DynamicImage {
        let mut seed = 0x2545_f491_u32;
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |_, _| {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            let [r, g, b, _] = seed.to_le_bytes();
            Rgb([r, g, b])
        }))
    }

    fn decoded(bytes: &[u8]) -> RgbaImage {
        image::load_from_memory_with_format(bytes, ImageFormat::WebP).unwrap().into_rgba8()
    }

    #[test]
    fn a_picture_is_made_in_every_size_that_its_points_suffice_for_and_none_is_too_heavy() {
        let made = make(&png(&dunes(1_400, 900)), COVER).unwrap();
        assert_eq!(
            made.iter().map(|size| (size.width, size.height)).collect::<Vec<_>>(),
            [(320, 160), (640, 320), (1_280, 640)]
        );
        // Of what nobody can make small, sizes may be missing.
        let of_noise = make(&png(&noise(1_400, 900)), COVER).unwrap();
        for (size, (_, most)) in made.iter().zip(COVER.widths).chain(of_noise.iter().zip(COVER.widths)) {
            assert!(size.avif.len() <= *most, "{} bytes of {most}", size.avif.len());
            assert!(size.webp.len() <= *most, "{} bytes of {most}", size.webp.len());
            assert_eq!(decoded(&size.webp).dimensions(), (size.width, size.height));
            assert_eq!(&size.avif[4..12], b"ftypavif");
        }
    }

    #[test]
    fn a_small_picture_is_not_made_larger() {
        let made = make(&png(&noise(20, 40)), AVATAR).unwrap();
        assert_eq!(made.iter().map(|size| (size.width, size.height)).collect::<Vec<_>>(), [(20, 20)]);
    }

    #[test]
    fn what_people_show_each_other_is_shown_whole_unless_it_is_a_stripe() {
        let sizes = |width, height| {
            let made = make(&png(&dunes(width, height)), SHOWN).unwrap();
            made.iter().map(|size| (size.width, size.height)).collect::<Vec<_>>()
        };
        assert_eq!(sizes(700, 350), [(320, 160), (640, 320)]);
        assert_eq!(sizes(100, 150), [(100, 150)]);
        assert_eq!(sizes(40, 900), [(40, 120)]);
    }

    #[test]
    fn the_middle_is_shown_and_what_is_clear_stays_clear() {
        let image = RgbaImage::from_fn(300, 100, |x, _| {
            if (100..200).contains(&x) { Rgba([200, 0, 0, 128]) } else { Rgba([0, 0, 200, 255]) }
        });
        let made = make(&png(&DynamicImage::ImageRgba8(image)), AVATAR).unwrap();
        let Rgba([r, _, b, alpha]) = *decoded(&made.last().unwrap().webp).get_pixel(48, 48);
        assert!(r > 180 && b < 40, "{r} {b}");
        assert!((110..150).contains(&alpha), "{alpha}");
    }

    #[test]
    fn a_picture_is_turned_as_the_camera_was_held_and_nothing_else_of_the_camera_is_kept() {
        // Blue above red, taken with the camera on its side: orientation 6 says "turn it to the right".
        let upright = RgbImage::from_fn(64, 64, |_, y| if y < 32 { Rgb([0, 0, 220]) } else { Rgb([220, 0, 0]) });
        let mut jpeg = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(upright).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
        let made = make(&with_exif(&jpeg.into_inner()), AVATAR).unwrap();
        let size = made.last().unwrap();
        let Rgba([left, _, _, _]) = *decoded(&size.webp).get_pixel(4, 24);
        let Rgba([right, _, _, _]) = *decoded(&size.webp).get_pixel(43, 24);
        assert!(left > 180 && right < 60, "{left} {right}");
        for file in [&size.avif, &size.webp] {
            assert!(!file.windows(5).any(|bytes| bytes == b"Kodak" || bytes == b"Exif\0"));
        }
    }

    /// A JPEG file with a camera's name and an orientation (EXIF 2.32: one directory, in Motorola's order).
    fn with_exif(jpeg: &[u8]) -> Vec<u8> {
        let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
        tiff.extend(b"\x01\x0f\0\x02\0\0\0\x06\0\0\0\x26"); // Make: six characters at 38
        tiff.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"); // Orientation: 6
        tiff.extend(b"\0\0\0\0Kodak\0");
        let mut segment = b"Exif\0\0".to_vec();
        segment.extend(tiff);
        let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
    }

    #[test]
    fn a_file_that_is_small_and_unpacks_to_much_is_refused_before_it_does() {
        let deep = image::ImageBuffer::<image::Luma<u16>, _>::from_pixel(8_900, 4_450, image::Luma([7_u16]));
        let deep = DynamicImage::ImageLuma16(deep).into_rgba16();
        let file = png(&DynamicImage::ImageRgba16(deep));
        assert!(file.len() < 4 << 20, "{} bytes", file.len());
        assert_eq!(make(&file, COVER).err(), Some(BadImage::TooHeavy));
        // A profile of nothing but zeros, as much as a decoder would take.
        let profile = [&b"x\0\0"[..], &miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 64 << 20], 6)].concat();
        let chunk = [&b"iCCP"[..], &profile].concat();
        let plain = png(&dunes(64, 64));
        let length = u32::try_from(profile.len()).unwrap().to_be_bytes();
        let bomb = [&plain[..33], &length, &chunk, &crc32fast::hash(&chunk).to_be_bytes(), &plain[33..]].concat();
        assert_eq!(look(&bomb), Ok(ImageFormat::Png));
        assert_eq!(make(&bomb, AVATAR).map(|made| made.len()), Ok(1));
    }

    #[test]
    fn what_is_no_picture_is_refused_in_words() {
        let large = |width: u32, height: u32| {
            // A PNG that says how large it is, and holds nothing (PNG 3rd edition, section 11.2.1).
            let mut header = b"IHDR".to_vec();
            header.extend(width.to_be_bytes());
            header.extend(height.to_be_bytes());
            header.extend([8, 2, 0, 0, 0]);
            let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
            file.extend(&header);
            file.extend(crc32fast::hash(&header).to_be_bytes());
            file.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
            file
        };
        let whole = png(&noise(100, 100));
        for (bytes, expected) in [
            (b"".to_vec(), BadImage::Unknown),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), BadImage::Unknown),
            (b"BM\0\0\0\0\0\0\0\0".to_vec(), BadImage::Unknown),
            (whole[..whole.len() / 2].to_vec(), BadImage::Damaged),
            (b"\x89PNG\r\n\x1a\n".to_vec(), BadImage::Damaged),
            (large(12_001, 10), BadImage::TooLarge(12_001, 10)),
            (large(10_000, 10_000), BadImage::TooLarge(10_000, 10_000)),
            (large(100_000, 100_000), BadImage::TooLarge(100_000, 100_000)),
            // More bytes than can be counted.
            (large(2_000_000_000, 2_000_000_000), BadImage::Damaged),
            (large(15, 400), BadImage::TooSmall(15, 400)),
        ] {
            let refused = make(&bytes, COVER).err();
            assert_eq!(refused, Some(expected), "{:?}", &bytes[..bytes.len().min(40)]);
        }
    }
}
