//! Drawings that can do nothing but be looked at. Engines draw SVG, and pages put it into themselves as markup, so that every drawing is
//! checked against a short list of what it may contain.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// The most bytes a drawing may have.
pub const SVG_MAX_BYTES: usize = 200_000;
/// The deepest that elements may be nested.
const DEPTH_MAX: usize = 32;

/// Elements that only draw.
const ELEMENTS: [&str; 17] = [
    "svg",
    "g",
    "path",
    "circle",
    "ellipse",
    "rect",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "title",
    "desc",
    "defs",
    "marker",
    "clipPath",
    "linearGradient",
];

/// Attributes that only describe. `aria-` ones are allowed as well.
const ATTRIBUTES: [&str; 58] = [
    "xmlns",
    "viewBox",
    "width",
    "height",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "d",
    "points",
    "transform",
    "fill",
    "fill-opacity",
    "fill-rule",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-dasharray",
    "stroke-opacity",
    "stroke-miterlimit",
    "opacity",
    "clip-path",
    "clip-rule",
    "clipPathUnits",
    "marker-start",
    "marker-mid",
    "marker-end",
    "markerWidth",
    "markerHeight",
    "markerUnits",
    "refX",
    "refY",
    "orient",
    "id",
    "class",
    "role",
    "focusable",
    "preserveAspectRatio",
    "font-family",
    "font-size",
    "font-weight",
    "font-style",
    "letter-spacing",
    "text-anchor",
    "dominant-baseline",
    "vector-effect",
    "dx",
    "dy",
    "overflow",
    "paint-order",
];

/// Why a drawing is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSvg {
    /// It is not one well-formed element.
    #[error("the drawing is not one well-formed svg element: {0}")]
    Malformed(String),
    /// It holds what drawings have no need of.
    #[error("the drawing may not hold {0}")]
    Forbidden(String),
    /// It is too big.
    #[error("the drawing has {0} bytes; {SVG_MAX_BYTES} is the most")]
    TooBig(usize),
}

/// Whether a text is one well-formed `<svg>` element of harmless parts: no scripts, links, styles, animations, embedded documents or
/// addresses.
///
/// # Errors
/// [`BadSvg`] with the first reason found.
pub fn check(text: &str) -> Result<(), BadSvg> {
    if text.len() > SVG_MAX_BYTES {
        return Err(BadSvg::TooBig(text.len()));
    }
    let mut reader = Reader::from_str(text);
    let malformed = |reason: &dyn ToString| BadSvg::Malformed(reason.to_string());
    let (mut depth, mut roots) = (0_usize, 0_usize);
    loop {
        match reader.read_event().map_err(|e| malformed(&e))? {
            Event::Start(start) => {
                roots += usize::from(depth == 0);
                depth += 1;
                element(&start, depth)?;
            }
            Event::Empty(start) => {
                roots += usize::from(depth == 0);
                element(&start, depth + 1)?;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Text(words) if depth == 0 && !words.iter().all(u8::is_ascii_whitespace) => {
                return Err(malformed(&"words outside of it"));
            }
            Event::Text(_) | Event::GeneralRef(_) if depth > 0 => {}
            Event::Text(_) => {}
            Event::Eof => break,
            _ => return Err(BadSvg::Forbidden("declarations, comments or instructions".to_owned())),
        }
    }
    match (depth, roots) {
        (0, 1) => Ok(()),
        (0, _) => Err(malformed(&format!("{roots} elements stand side by side"))),
        _ => Err(malformed(&"an element is not closed")),
    }
}

fn element(start: &BytesStart<'_>, depth: usize) -> Result<(), BadSvg> {
    let name = String::from_utf8_lossy(start.name().into_inner()).into_owned();
    if !ELEMENTS.contains(&name.as_str()) || (name == "svg") != (depth == 1) {
        return Err(BadSvg::Forbidden(format!("the element {name} there")));
    }
    if depth > DEPTH_MAX {
        return Err(BadSvg::Forbidden(format!("more than {DEPTH_MAX} elements in each other")));
    }
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| BadSvg::Malformed(e.to_string()))?;
        let name = String::from_utf8_lossy(attribute.key.into_inner()).into_owned();
        if !ATTRIBUTES.contains(&name.as_str()) && !name.starts_with("aria-") {
            return Err(BadSvg::Forbidden(format!("the attribute {name}")));
        }
        let value = String::from_utf8_lossy(&attribute.value).to_ascii_lowercase();
        let addresses = value.matches("url(").count() - value.matches("url(#").count();
        let points_out = name != "xmlns" && (value.contains(':') || addresses > 0);
        let wrong_space = name == "xmlns" && value != "http://www.w3.org/2000/svg";
        if points_out || wrong_space || value.contains(['<', '&', ';']) {
            return Err(BadSvg::Forbidden(format!("that value of {name}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NS: &str = "xmlns=\"http://www.w3.org/2000/svg\"";

    #[test]
    fn drawings_pass() {
        for good in [
            format!(
                "<svg {NS} viewBox=\"0 0 10 10\" role=\"img\" aria-label=\"A ring\"><circle cx=\"5\" cy=\"5\" r=\"4\" fill=\"none\" stroke=\"currentColor\"/></svg>"
            ),
            format!(
                "<svg {NS}><defs><clipPath id=\"c\"><rect width=\"4\" height=\"4\"/></clipPath></defs><g clip-path=\"url(#c)\"><path d=\"M0 0L4 4\"/></g></svg>"
            ),
            format!("<svg {NS}><text x=\"1\">Mills &amp; Sons</text></svg>"),
            format!("<svg {NS}><rect fill=\"var(--mark-accent, currentColor)\"/></svg>"),
        ] {
            assert_eq!(check(&good), Ok(()), "{good}");
        }
    }

    #[test]
    fn whatever_acts_points_elsewhere_or_is_broken_is_refused() {
        for bad in [
            String::new(),
            "words".to_owned(),
            format!("<svg {NS}>"),
            format!("<svg {NS}></svg><svg {NS}></svg>"),
            format!("<svg {NS}><script>alert(1)</script></svg>"),
            format!("<svg {NS} onload=\"alert(1)\"/>"),
            format!("<svg {NS}><a href=\"https://x\"><rect/></a></svg>"),
            format!("<svg {NS}><use href=\"#x\"/></svg>"),
            format!("<svg {NS}><image href=\"data:image/png,x\"/></svg>"),
            format!("<svg {NS}><foreignObject><p>x</p></foreignObject></svg>"),
            format!("<svg {NS}><style>*{{}}</style></svg>"),
            format!("<svg {NS}><rect style=\"fill:red\"/></svg>"),
            format!("<svg {NS}><rect fill=\"url(https://x)\"/></svg>"),
            format!("<svg {NS}><rect fill=\"url(#a) url(//x)\"/></svg>"),
            format!("<svg {NS}><svg/></svg>"),
            format!("<svg {NS}><animate attributeName=\"x\"/></svg>"),
            format!("<svg {NS}><rect id=\"a&#34; onload=&#34;x\"/></svg>"),
            format!("<!DOCTYPE svg [<!ENTITY x \"y\">]><svg {NS}></svg>"),
            format!("<?xml version=\"1.0\"?><svg {NS}></svg>"),
            format!("<svg {NS}><!-- x --></svg>"),
            "<svg xmlns=\"http://www.w3.org/1999/xhtml\"></svg>".to_owned(),
            format!("<svg {NS}>{}{}</svg>", "<g>".repeat(40), "</g>".repeat(40)),
            format!("<svg {NS}>{}</svg>", " ".repeat(SVG_MAX_BYTES)),
        ] {
            assert!(check(&bad).is_err(), "{bad:.200}");
        }
    }
}
