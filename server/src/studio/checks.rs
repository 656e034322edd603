//! Checks of sections: those of `model::checks`, and those that take a parser of SQL, Rust or TOML.

use std::sync::Arc;

use model::{
    CheckResult, Stage,
    checks::{self, result},
    sections::{Sections, SourceFile},
};

/// All checks of a section, and which of them are its own: those that only take the section itself and are worth keeping.
///
/// Parsing takes milliseconds, so that it is done off the async threads.
pub(super) async fn check_off_thread(stage: Stage, sections: Arc<Sections>) -> (Vec<CheckResult>, Vec<CheckResult>) {
    let checked = tokio::task::spawn_blocking(move || {
        let own = own(stage, &sections);
        ([checks::check(stage, &sections), own.clone()].concat(), own)
    });
    checked.await.unwrap_or_default()
}

/// Checks that take a parser.
pub fn own(stage: Stage, sections: &Sections) -> Vec<CheckResult> {
    match stage {
        Stage::Code => vec![syntax(sections), sql(sections)],
        _ => Vec::new(),
    }
}

fn syntax(sections: &Sections) -> CheckResult {
    let broken = sections.code.files.iter().filter_map(|file| Some(format!("{}: {}", file.path, fault_of(file)?)));
    result(
        "syntax",
        "Every file can be read as what it is",
        "Rust, TOML and JSON files parse.",
        "Cannot be read",
        &broken.collect::<Vec<_>>(),
    )
}

fn fault_of(file: &SourceFile) -> Option<String> {
    let (_, kind) = file.path.rsplit_once('.')?;
    match kind {
        "rs" => rust_fault(&file.content),
        "toml" => file.content.parse::<toml::Table>().err().map(|e| e.message().to_owned()),
        "json" => serde_json::from_str::<serde::de::IgnoredAny>(&file.content).err().map(|e| e.to_string()),
        _ => None,
    }
}

/// proc-macro2 keeps every text it has read for as long as the thread lives, so that spans can be looked up. Nobody here does.
fn rust_fault(content: &str) -> Option<String> {
    let fault = syn::parse_file(content).err().map(|error| error.to_string());
    proc_macro2::extra::invalidate_current_thread_spans();
    fault
}

/// Whether the migrations make the tables and columns of the architecture.
fn sql(sections: &Sections) -> CheckResult {
    let migrations = sections.code.files.iter().filter(|file| file.path.ends_with(".sql"));
    let mut faults = Vec::new();
    let mut made: Vec<(String, Vec<String>)> = Vec::new();
    for file in migrations {
        match sqlparser::parser::Parser::parse_sql(&sqlparser::dialect::PostgreSqlDialect {}, &file.content) {
            Ok(statements) => made.extend(statements.iter().filter_map(table_made)),
            Err(error) => faults.push(format!("{}: {error}", file.path)),
        }
    }
    for table in &sections.architecture.tables {
        match made.iter().find(|(name, _)| *name == table.name) {
            None => faults.push(format!("no table {}", table.name)),
            Some((_, columns)) => {
                let missing = table.columns.iter().filter(|column| !columns.contains(&column.name));
                faults.extend(missing.map(|column| format!("no column {}.{}", table.name, column.name)));
            }
        }
    }
    result("sql", "Entities and SQL agree", "The migration makes every table with every column.", "Not so", &faults)
}

fn table_made(statement: &sqlparser::ast::Statement) -> Option<(String, Vec<String>)> {
    let sqlparser::ast::Statement::CreateTable(table) = statement else { return None };
    let name = table.name.0.last()?.as_ident()?.value.clone();
    Some((name, table.columns.iter().map(|column| column.name.value.clone()).collect()))
}

#[cfg(test)]
mod tests {
    use model::{Address, Piece};
    use serde_json::json;

    use super::*;

    fn with(files: &[(&str, &str)]) -> Sections {
        let mut sections = Sections::default();
        let mut put = |at: &str, value| {
            let at: Address = at.parse().unwrap();
            sections.apply(at.stage, &Piece { path: at.path, value }).unwrap();
        };
        put(
            "architecture/tables/offers",
            json!({"id": "offers", "name": "offers", "entity": "offer", "purpose": "", "features": [], "indexes": [],
                "columns": [{"name": "id", "type": "id", "nullable": false, "about": "", "set_by": "service"},
                            {"name": "amount", "type": "money", "nullable": false, "about": "", "set_by": "caller"}]}),
        );
        for (path, content) in files {
            let id = model::sections::file_id(path);
            put(&format!("code/files/{id}"), json!({"id": id, "path": path, "purpose": "", "content": content}));
        }
        sections
    }

    #[test]
    fn files_that_do_not_parse_are_named() {
        let sections = with(&[("src/main.rs", "fn main() {"), ("Cargo.toml", "[package"), ("ok.json", "{}")]);
        let found = syntax(&sections);
        assert!(
            !found.passed && found.reason.contains("src/main.rs") && found.reason.contains("Cargo.toml"),
            "{found:?}"
        );
        assert!(!found.reason.contains("ok.json"));
    }

    #[test]
    fn programs_that_were_checked_are_not_kept_in_memory() {
        let only = ["--exact", "studio::checks::tests::a_process_checks_a_hundred_long_programs", "--include-ignored"];
        let alone = std::process::Command::new(std::env::current_exe().unwrap()).args(only).output().unwrap();
        let told = String::from_utf8_lossy(&alone.stdout).into_owned();
        assert!(alone.status.success() && told.contains("1 passed"), "{told}");
    }

    #[test]
    #[ignore = "a process of its own runs it: the memory of this one is also that of the tests beside"]
    fn a_process_checks_a_hundred_long_programs() {
        let resident = || {
            let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
            pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
        };
        let program = format!("// {}\nfn main() {{}}\n", "long ".repeat(200_000));
        let before = resident();
        for _ in 0..100 {
            assert_eq!(rust_fault(&program), None);
        }
        let grown = resident().saturating_sub(before);
        assert!(grown < 50_000_000, "{grown} bytes more after 100 programs of {} bytes", program.len());
    }

    #[test]
    fn tables_and_columns_that_the_migration_forgets_are_named() {
        let sql_of = |text: &str| sql(&with(&[("migrations/0001_init.sql", text)]));
        assert!(sql_of("create table offers (id uuid primary key, amount bigint not null);").passed);
        assert_eq!(sql_of("create table offers (id uuid primary key);").reason, "Not so: no column offers.amount");
        assert_eq!(sql_of("create table other (id uuid);").reason, "Not so: no table offers");
        assert!(!sql_of("create tabel offers").passed);
    }
}
