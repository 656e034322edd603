//! Contrast as WCAG 2.2 defines it ("relative luminance", "contrast ratio").

/// The contrast ratio of two colours `#rrggbb`, 1 to 21. `None` when one of them is no such colour.
pub fn contrast(one: &str, other: &str) -> Option<f64> {
    let (one, other) = (luminance(one)?, luminance(other)?);
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

fn luminance(hex: &str) -> Option<f64> {
    let digits = hex.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).ok()?) / 255.0;
        Some(if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_those_that_every_other_tool_gives() {
        let ratio = |one, other| (contrast(one, other).unwrap_or_default() * 100.0).round() / 100.0;
        assert_eq!(ratio("#ffffff", "#000000"), 21.0);
        assert_eq!(ratio("#777777", "#ffffff"), 4.48);
        assert_eq!(contrast("red", "#ffffff"), None);
        assert_eq!(contrast("#é1234", "#ffffff"), None);
    }
}
