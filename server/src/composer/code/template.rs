//! Templates: text with `«name»` where something is put in, and sections between `//#name` lines.

/// Puts values in the places of a template. A place alone on its line takes the line's end with it when its value is empty.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, name, after)) = place(rest) {
        text.push_str(before);
        let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value);
        text.push_str(value);
        let alone = value.is_empty() && (text.is_empty() || text.ends_with('\n'));
        rest = if alone { after.strip_prefix('\n').unwrap_or(after) } else { after };
    }
    text.push_str(rest);
    text
}

fn place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('«')?;
    let (name, after) = rest.split_once('»')?;
    Some((before, name, after))
}

/// The parts of a template that are wanted, with what stands before the first section.
pub fn sections(template: &str, wanted: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::new();
    let mut keeps = true;
    for line in template.lines() {
        if let Some(name) = line.strip_prefix("//#") {
            let inserted = wanted(name);
            keeps = inserted.is_some();
            text.push_str(&inserted.unwrap_or_default());
        } else if keeps {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_not_read_again() {
        assert_eq!(fill("a «x» «y»", &[("x", "«y»"), ("y", "1")]), "a «y» 1");
        assert_eq!(fill("a\n«none»\nb\n", &[]), "a\nb\n");
    }

    #[test]
    fn sections_come_and_go() {
        let text = sections("a\n//#one\nb\n//#two\nc\n", |name| (name == "two").then(|| "-\n".to_owned()));
        assert_eq!(text, "a\n-\nc\n");
    }
}
