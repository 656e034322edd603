//! What a row is: a struct with a field a column, and an enum for each column of a few words.

use model::{article, sections::ColumnKind};

use crate::composer::code::{
    layout::Source,
    names::literal,
    service::{Col, Deed, Resource},
};

pub fn write(out: &mut Source, resource: &Resource<'_>) {
    out.doc(0, &resource.purpose).line("#[derive(Debug, Clone, Serialize, FromRow)]");
    out.line(format!("pub struct {} {{", resource.type_name));
    for column in &resource.columns {
        if column.says_more() {
            out.doc(4, &column.about);
        }
        attributes(out, column);
        out.line(format!("    pub {}: {},", column.field, optional(column)));
    }
    out.line("}").gap();
    resource.columns.iter().filter(|column| column.is_enum()).for_each(|column| words(out, resource, column));
    if resource.call(|deed| matches!(deed, Deed::List(_))).is_some() {
        place(out, resource);
    }
}

fn optional(column: &Col) -> String {
    if column.nullable { format!("Option<{}>", column.rust_type()) } else { column.rust_type().to_owned() }
}

fn attributes(out: &mut Source, column: &Col) {
    if column.field != column.name {
        out.line(format!("    #[serde(rename = \"{0}\")]\n    #[sqlx(rename = \"{0}\")]", column.name));
    }
    if column.kind == ColumnKind::Time {
        let option = if column.nullable { "::option" } else { "" };
        out.line(format!("    #[serde(with = \"time::serde::rfc3339{option}\")]"));
    }
}

fn words(out: &mut Source, resource: &Resource<'_>, column: &Col) {
    let about = match column.kind {
        ColumnKind::State => {
            format!("Where {} {} is in its life.", article(&resource.noun), resource.noun)
        }
        _ => format!("The {} of {}.", column.name.replace('_', " "), resource.a_noun()),
    };
    out.line("words! {").doc(4, &about).line(format!("    {} {{", column.enum_name));
    for word in &column.words {
        out.line(format!("        {} = {},", word.variant, literal(&word.text)));
    }
    out.line("    }").line("}").gap();
}

fn place(out: &mut Source, resource: &Resource<'_>) {
    out.line(format!("impl {} {{", resource.type_name));
    out.line("    /// Where it stands in a list.").line("    fn place(&self) -> Cursor {");
    out.line("        Cursor { time: self.created_at, id: self.id }").line("    }").line("}").gap();
}
