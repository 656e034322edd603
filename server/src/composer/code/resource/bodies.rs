//! What callers may say: the bodies that make and change a row, and the filters of its list.

use model::sections::ColumnKind;

use crate::composer::code::{
    layout::{Expr, Source},
    service::{Col, Deed, Resource},
};

pub fn write(out: &mut Source, resource: &Resource<'_>) {
    let (given, changeable): (Vec<&Col>, Vec<&Col>) = (resource.given().collect(), resource.changeable().collect());
    if resource.creates().is_some() && !given.is_empty() {
        new(out, resource, &given);
    }
    if resource.call(|deed| *deed == Deed::Change).is_some() && !changeable.is_empty() {
        changes(out, resource, &changeable);
    }
    if resource.call(|deed| matches!(deed, Deed::List(_))).is_some() {
        filters(out, resource);
    }
}

fn new(out: &mut Source, resource: &Resource<'_>, given: &[&Col]) {
    out.line(format!("/// What makes {}.", resource.a_noun())).line("#[derive(Debug)]");
    out.line(format!("struct New{} {{", resource.type_name));
    for column in given {
        let kind = column.rust_type();
        let kind = if column.nullable { format!("Option<{kind}>") } else { kind.to_owned() };
        out.line(format!("    {}: {kind},", column.field));
    }
    out.line("}").gap();
    let fields = given.iter().map(|column| reading(column, if column.nullable { "optional" } else { "required" }));
    reader(out, &format!("New{}", resource.type_name), "read", fields);
}

fn changes(out: &mut Source, resource: &Resource<'_>, changeable: &[&Col]) {
    out.line(format!("/// What changes {}: a field that is left out stays as it is.", resource.a_noun()));
    out.line("#[derive(Debug)]").line(format!("struct {}Changes {{", resource.type_name));
    for column in changeable {
        let kind = column.rust_type();
        let kind = if column.nullable { format!("Option<Option<{kind}>>") } else { format!("Option<{kind}>") };
        out.line(format!("    {}: {kind},", column.field));
    }
    out.line("}").gap();
    let method = |column: &Col| if column.nullable { "changed_or_cleared" } else { "changed" };
    let fields = changeable.iter().map(|column| reading(column, method(column)));
    reader(out, &format!("{}Changes", resource.type_name), "read_changes", fields);
}

fn reading(column: &Col, method: &str) -> String {
    format!("{}: fields.{method}(\"{}\", value::{})", column.field, column.name, column.reader())
}

fn reader(out: &mut Source, name: &str, method: &str, fields: impl Iterator<Item = String>) {
    out.line(format!("impl {name} {{")).line("    fn read(body: &Body) -> Result<Self, Problem> {");
    out.line(Expr::list(&format!("body.{method}(|fields| Self {{"), fields, ")").alone(8));
    out.line("    }").line("}").gap();
}

fn filters(out: &mut Source, resource: &Resource<'_>) {
    out.line("/// Where a page begins, how long it is, and which rows it leaves out.");
    out.line("#[derive(Debug, Default, Deserialize)]").line("#[serde(default, deny_unknown_fields)]");
    out.line("struct Filters {").line("    limit: Limit,").line("    cursor: Cursor,");
    for column in resource.filters() {
        if column.field != column.name {
            out.line(format!("    #[serde(rename = \"{}\")]", column.name));
        }
        if column.kind == ColumnKind::Time {
            out.line("    #[serde(with = \"time::serde::rfc3339::option\")]");
        }
        out.line(format!("    {}: Option<{}>,", column.field, column.rust_type()));
    }
    out.line("}").gap();
}
