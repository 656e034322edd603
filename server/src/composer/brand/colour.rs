//! Colour arithmetic: OKLCH for choosing, sRGB for screens, WCAG for judging.
//!
//! OKLab is Björn Ottosson's ("A perceptual color space for image processing", 2020), with the matrices of CSS Color 4, section 10.
//! Luminance and contrast are those of WCAG 2.2 ("relative luminance", "contrast ratio").

/// A colour in OKLCH.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Oklch {
    /// Lightness, 0 to 1.
    pub l: f64,
    /// Chroma, 0 to about 0.37 within sRGB.
    pub c: f64,
    /// Hue in degrees.
    pub h: f64,
}

/// A colour as it is shown: within sRGB, at the precision at which it is written down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// As `oklch()` says it.
    pub oklch: Oklch,
    /// Its eight-bit channels.
    pub rgb: [u8; 3],
}

impl Oklch {
    /// A colour by lightness, chroma and hue in degrees.
    pub const fn new(l: f64, c: f64, h: f64) -> Self {
        Self { l, c, h }
    }

    /// The nearest colour of the same lightness and hue that a screen can show: chroma gives way, as CSS Color 4 recommends, since
    /// clipping channels would change the hue. Rounded first, so that the notation and the channels are one colour.
    pub fn shown(self) -> Shown {
        let (l, h) =
            ((self.l.clamp(0.0, 1.0) * 1_000.0).round() / 1_000.0, (self.h.rem_euclid(360.0) * 10.0).round() / 10.0);
        let mut thousandths = (self.c.max(0.0) * 1_000.0).round();
        let (mut inside, mut outside) = (0.0, thousandths);
        if !in_gamut(Self::new(l, thousandths / 1_000.0, h).linear()) {
            while outside - inside > 1.0 {
                let middle = f64::midpoint(inside, outside).floor();
                if in_gamut(Self::new(l, middle / 1_000.0, h).linear()) { inside = middle } else { outside = middle }
            }
            thousandths = inside;
        }
        let oklch = Self::new(l, thousandths / 1_000.0, h % 360.0);
        Shown { oklch, rgb: oklch.linear().map(encoded) }
    }

    /// OKLab's a and b.
    pub fn ab(self) -> (f64, f64) {
        let (sin, cos) = self.h.to_radians().sin_cos();
        (self.c * cos, self.c * sin)
    }

    /// Distance in OKLab.
    pub fn distance(self, other: Self) -> f64 {
        let ((a, b), (c, d)) = (self.ab(), other.ab());
        (self.l - other.l).hypot(a - c).hypot(b - d)
    }

    /// Linear-light sRGB; outside 0 to 1 where a screen cannot follow.
    fn linear(self) -> [f64; 3] {
        let (a, b) = self.ab();
        let long = (self.l + 0.396_337_777_376_174_9 * a + 0.215_803_757_309_913_6 * b).powi(3);
        let middle = (self.l - 0.105_561_345_815_658_6 * a - 0.063_854_172_825_813_3 * b).powi(3);
        let short = (self.l - 0.089_484_177_529_811_9 * a - 1.291_485_548_019_409_2 * b).powi(3);
        [
            4.076_741_636_075_957 * long - 3.307_711_539_258_063 * middle + 0.230_969_903_182_104_2 * short,
            -1.268_437_973_285_031_7 * long + 2.609_757_349_287_688_7 * middle - 0.341_319_376_002_657_1 * short,
            -0.004_196_076_138_675_6 * long - 0.703_418_617_935_936_2 * middle + 1.707_614_694_074_611_7 * short,
        ]
    }
}

impl Shown {
    /// `#a93212`.
    pub fn hex(self) -> String {
        let [r, g, b] = self.rgb;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// `oklch(62.3% 0.142 28.1)`.
    pub fn css(self) -> String {
        format!("oklch({:.1}% {:.3} {:.1})", self.oklch.l * 100.0, self.oklch.c, self.oklch.h)
    }

    /// The contrast ratio to another colour, 1 to 21, of the eight-bit channels that really are on the screen.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (luminance(self.rgb), luminance(other.rgb));
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

/// A hair more than nothing, for values that are in gamut but for the last digits of the matrices.
const SLACK: f64 = 0.000_1;

fn in_gamut(linear: [f64; 3]) -> bool {
    linear.iter().all(|channel| (-SLACK..=1.0 + SLACK).contains(channel))
}

fn encoded(linear: f64) -> u8 {
    let linear = linear.clamp(0.0, 1.0);
    let encoded = if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 255")]
    let byte = (encoded * 255.0).round() as u8;
    byte
}

fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    });
    0.212_6 * r + 0.715_2 * g + 0.072_2 * b
}

/// How far two hues are apart, 0 to 180 degrees.
pub fn hue_distance(one: f64, other: f64) -> f64 {
    let difference = (one - other).rem_euclid(360.0);
    difference.min(360.0 - difference)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_colours_come_out_as_css_has_them() {
        for (oklch, hex) in [
            (Oklch::new(0.628, 0.2577, 29.23), "#ff0000"),
            (Oklch::new(0.8664, 0.2948, 142.5), "#00ff00"),
            (Oklch::new(0.452, 0.3132, 264.05), "#0000ff"),
            (Oklch::new(1.0, 0.0, 0.0), "#ffffff"),
            (Oklch::new(0.0, 0.0, 0.0), "#000000"),
            (Oklch::new(0.5999, 0.0, 0.0), "#808080"),
        ] {
            let channels = |hex: &str| [1, 3, 5].map(|at| i32::from_str_radix(&hex[at..at + 2], 16).unwrap());
            let near =
                channels(&oklch.shown().hex()).iter().zip(channels(hex)).all(|(one, two)| (one - two).abs() <= 4);
            assert!(near, "{} is not {hex}", oklch.shown().hex());
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let shown = |rgb| Shown { oklch: Oklch::new(0.0, 0.0, 0.0), rgb };
        let (white, black, grey) = (shown([255; 3]), shown([0; 3]), shown([0x76; 3]));
        assert!((white.contrast(black) - 21.0).abs() < 1e-9);
        assert!((grey.contrast(white) - 4.54).abs() < 0.005, "the grey of every WCAG guide");
        assert!((white.contrast(white) - 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_is_shown_in_gamut_with_its_hue_and_as_it_is_written(l in 0.0..1.0_f64, c in 0.0..0.5_f64, h in -400.0..800.0_f64) {
            let shown = Oklch::new(l, c, h).shown();
            prop_assert!(in_gamut(shown.oklch.linear()));
            prop_assert!(shown.oklch.c <= c + 0.000_6 && (shown.oklch.l - l).abs() <= 0.000_6);
            prop_assert!(hue_distance(shown.oklch.h, h) <= 0.06);
            // What is written down, read again, is the same colour.
            let numbers: Vec<f64> = shown.css().trim_start_matches("oklch(").trim_end_matches(')').split(' ').map(|n| n.trim_end_matches('%').parse().unwrap()).collect();
            prop_assert_eq!(Oklch::new(numbers[0] / 100.0, numbers[1], numbers[2]).shown().hex(), shown.hex());
        }
    }
}
