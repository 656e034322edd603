//! Values for tests: of the right kind, of another value, and such as will not do. All as Rust within `json!`.

use model::sections::ColumnKind;

use crate::composer::{
    code::{
        names::literal,
        service::{Col, Resource},
    },
    inflect::capitalised,
};

/// A value that a column takes; another one the second time. `None` for what has to be looked up: the key of another row.
pub fn good(column: &Col, nth: usize) -> Option<String> {
    if column.is_enum() {
        return column.words.get(nth).map(|word| literal(&word.text));
    }
    let name = column.name.replace('_', " ");
    let text = match (column.kind, nth) {
        (ColumnKind::Id, _) if column.references.is_some() => return None,
        (ColumnKind::Id, _) => literal(&format!("018f0000-0000-7000-8000-00000000000{}", nth + 1)),
        (ColumnKind::Integer, _) if name.starts_with("year") || name.ends_with(" year") => {
            format!("{}", nth * 4 + 2_003)
        }
        (ColumnKind::Integer, _) => format!("{}", nth * 4 + 3),
        (ColumnKind::Decimal, _) => format!("{}.5", nth * 4 + 3),
        (ColumnKind::Money, _) => format!("{}", nth * 5_000 + 12_500),
        (ColumnKind::Duration, _) => format!("{}", nth * 900 + 1_800),
        (ColumnKind::Date, _) => literal(&format!("2031-05-0{}", nth + 4)),
        (ColumnKind::Time, _) => literal(&format!("2031-05-0{}T09:30:00Z", nth + 4)),
        (ColumnKind::Boolean, _) => format!("{}", nth == 0),
        (ColumnKind::Email, _) => literal(&format!("{}@example.org", ["ada", "grace"][nth.min(1)])),
        (ColumnKind::Url, _) => literal(&format!("https://example.org/{}", nth + 1)),
        (ColumnKind::TextList, _) => format!("[{}]", literal(&format!("{}-{}.jpg", column.name, nth + 1))),
        (_, 0) => literal(&capitalised(&name)),
        (_, _) => literal(&format!("Another {name}")),
    };
    Some(text)
}

/// A text that no other row has, for the column by which a unique index tells rows apart.
pub fn unique(column: &Col) -> Option<String> {
    let pattern = match column.kind {
        ColumnKind::Email => "*@example.org".to_owned(),
        ColumnKind::Url => "https://example.org/*".to_owned(),
        ColumnKind::Text | ColumnKind::LongText if !column.is_enum() => format!("{} *", column.name.replace('_', " ")),
        _ => return None,
    };
    Some(format!("unique({})", literal(&pattern)))
}

/// The column that tells rows apart where an index asks for it.
pub fn tells_apart(resource: &Resource<'_>, column: &Col) -> bool {
    resource.indexes.iter().filter(|index| index.unique).any(|index| {
        let mut columns = index.columns.iter().filter_map(|name| resource.column(name));
        columns.find(|column| unique(column).is_some()).is_some_and(|first| first.name == column.name)
    })
}

/// A value that a column refuses.
pub fn bad(column: &Col) -> &'static str {
    match column.kind {
        _ if column.is_enum() => "\"something else\"",
        ColumnKind::Id if column.references.is_some() => "\"00000000-0000-0000-0000-000000000000\"",
        ColumnKind::Id => "\"7\"",
        ColumnKind::Integer | ColumnKind::Decimal => "\"several\"",
        ColumnKind::Money | ColumnKind::Duration => "-1",
        ColumnKind::Date | ColumnKind::Time => "\"soon\"",
        ColumnKind::Boolean => "\"maybe\"",
        ColumnKind::Email => "\"nobody\"",
        ColumnKind::Url => "\"example.org\"",
        ColumnKind::TextList => "\"one\"",
        _ => "\" \"",
    }
}
