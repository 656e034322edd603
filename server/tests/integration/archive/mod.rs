//! Projects taken away as archives and brought back; archives made to do harm; blobs; cards.

mod forged;
mod hostile;

use std::{collections::BTreeMap, io::Write as _, time::Duration};

use bytes::Bytes;
use forged::{BLANK, sha256, unzipped};
use model::{Address, CheckResult, Directive, Piece, ProjectId, Stage, UserId, Visibility, sections::Sections};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use server::{
    archive::{ArchiveError, BadArchive, Format},
    composer::Composer,
    projects::Project,
    studio::{Incoming, Wish},
};
use sqlx::PgPool;

use crate::support::{Instance, SYNTHESIZERS, Scratch, assert_sound, directive, files_below};

const NS: &str = "xmlns=\"http://www.w3.org/2000/svg\"";

#[tokio::test(flavor = "multi_thread")]
async fn the_same_sections_give_the_same_archive_from_every_instance_and_at_any_time() {
    let mut scratch = Scratch::new().await;
    let one = scratch.instance().await;
    let user = one.guest().await;
    let project = whole(&one, user).await;
    let began = std::time::Instant::now();
    let archive = export(&one, &project, Format::Zip).await;
    println!("an archive of {} bytes in {:?}", archive.len(), began.elapsed());
    assert!(export(&one, &project, Format::Zip).await == archive);
    // Another instance with a store of its own finds nothing that was kept, and makes it anew.
    scratch.set("ATLAS9_BLOBS", &scratch.blobs().with_extension("other").display().to_string());
    let other = scratch.instance().await;
    scratch.pass(Duration::from_secs(40 * 86_400));
    scratch.break_it("delete from blob_uses").await;
    assert!(export(&other, &project, Format::Zip).await == archive);
    // A revision that changes a section changes it, and taking that back changes it back.
    let tagline: Address = "brand/tagline".parse().unwrap();
    one.services.studio.edit(user, project.id, &tagline, json!("Another."), 1).await.unwrap();
    assert!(export(&one, &project, Format::Zip).await != archive);
    one.services.studio.restore(user, project.id, Stage::Brand, 1, 2).await.unwrap();
    assert!(export(&one, &project, Format::Zip).await == archive);
    let _ = std::fs::remove_dir_all(scratch.blobs().with_extension("other"));
    scratch.finish([one, other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_brought_back_is_the_same_project_and_gives_the_same_archive() {
    let scratch = Scratch::new().await;
    let instance = scratch.worker().await;
    let (user, friend) = (instance.guest().await, instance.guest().await);
    let project = whole(&instance, user).await;
    instance.services.projects.rename(Some(user), project.id, "Old synths").await.unwrap();
    let project = get(&instance, user, project.id).await;
    // A feature changes, and what was made from it is out of date; so it is in the copy.
    let (studio, feature) = (&instance.services.studio, sections().product.features[0].clone());
    let at: Address = format!("product/features/{}", feature.id).parse().unwrap();
    let mut told = json!(feature);
    told["title"] = json!("Told otherwise");
    studio.edit(user, project.id, &at, told, 1).await.unwrap();
    let stale = studio.current(project.id).await.unwrap().staleness();
    assert!(!stale.is_none());
    let archive = export(&instance, &project, Format::Zip).await;

    let started = instance.services.archive.import(friend, archive.clone()).await.unwrap();
    let again = get(&instance, friend, started.project).await;
    assert_eq!((again.name(), &again.directive), ("Old synths".to_owned(), &project.directive));
    let (was, is) = (current(&instance, project.id).await, current(&instance, again.id).await);
    assert!(is == was);
    assert!(export(&instance, &again, Format::Zip).await == archive);
    for format in [Format::Markdown, Format::Json] {
        assert!(export(&instance, &again, format).await == export(&instance, &project, format).await);
    }

    // Its log reads like any other, its revisions say where they come from, and it can be worked on.
    let log = instance.log(friend, started.generation, 0).await;
    assert_sound(&log);
    let draft = instance.services.studio.draft(Some(friend), started.generation).await.unwrap();
    assert_eq!(draft.sections, was.0);
    let bench = instance.services.studio.workbench(Some(friend), started.generation).await.unwrap();
    assert_eq!(bench.staleness, stale);
    let limit = model::PageLimit::DEFAULT;
    let revisions = instance.services.studio.revisions(Some(friend), again.id, None, None, limit).await.unwrap();
    assert_eq!(revisions.items.len(), 5);
    assert!(revisions.items.iter().all(|revision| revision.origin == model::Origin::Import && revision.current));
    let wish = Wish { stages: vec![Stage::Brand], ..Wish::default() };
    let generation = instance.services.studio.generate(friend, again.id, wish).await.unwrap();
    instance.log(friend, generation, 0).await;
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_holds_everything_in_its_own_format_and_names_it() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let project = whole(&instance, user).await;
    let archive = export(&instance, &project, Format::Zip).await;
    // As another program reads it.
    let files = unzipped(&archive);
    for name in [
        "README.md",
        "architecture/context.mmd",
        "architecture/context.svg",
        "brand/logo.svg",
        "checks.json",
        "code/migrations/0001_init.sql",
        "code/src/main.rs",
        "design/screens/listings.svg",
        "design/tokens.dark.json",
        "design/tokens.light.json",
        "manifest.json",
        "product.md",
        "trace.json",
    ] {
        assert!(files.contains_key(name), "{name} among {:?}", files.keys());
    }
    for stage in Stage::ALL {
        assert!(files.contains_key(&format!("{stage}.json")) && files.contains_key(&format!("{stage}.md")), "{stage}");
    }
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    assert!(text("product.md").contains("## Checks\n\n- ✓"), "checks stand beside the section");
    for drawing in ["brand/logo.svg", "design/screens/listings.svg", "architecture/context.svg"] {
        let svg = text(drawing);
        assert!(svg.contains(NS) && !svg.contains("currentColor") && !svg.contains("var("), "{drawing}: {svg}");
        assert_eq!(model::svg::check(&svg), Ok(()), "{drawing}");
    }
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let listed = manifest["files"].as_array().unwrap();
    assert_eq!(listed.len(), files.len() - 1);
    for file in listed {
        let bytes = &files[file["path"].as_str().unwrap()];
        assert_eq!(
            (file["sha256"].as_str(), file["bytes"].as_u64()),
            (Some(&*sha256(bytes)), Some(bytes.len() as u64))
        );
    }
    let told = manifest.to_string();
    assert!(!told.contains(&project.id.to_string()) && !told.contains("created"), "nothing that differs");
    for (format, words) in [(Format::Markdown, "## Checks"), (Format::Json, "\"directive\"")] {
        let text = String::from_utf8(export(&instance, &project, format).await.to_vec()).unwrap();
        assert!(text.contains(words));
    }
    let none = instance.services.studio.start_project(user, &directive("Nothing yet")).await.unwrap();
    let nothing = get(&instance, user, none.project).await;
    let refused = instance.services.archive.export(&nothing, Format::Zip, None).await;
    assert!(matches!(refused, Err(ArchiveError::Nothing)));
    instance.services.studio.cancel(Some(user), none.generation).await.unwrap();
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_packed_again_by_another_program_is_brought_back() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let project = whole(&instance, user).await;
    let archive = export(&instance, &project, Format::Zip).await;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let stored = options.compression_method(zip::CompressionMethod::Stored);
    writer.add_directory("design/", options).unwrap();
    for (name, bytes) in unzipped(&archive) {
        writer.start_file(&name, if BLANK.contains(&&*name) { stored } else { options }).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    let packed = writer.finish().unwrap().into_inner();
    let started = instance.services.archive.import(user, packed.into()).await.unwrap();
    let again = get(&instance, user, started.project).await;
    assert!(export(&instance, &again, Format::Zip).await == archive);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bringing_back_without_end_is_stopped() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let mut limited = None;
    for _ in 0..30 {
        match instance.services.archive.import(user, Bytes::from_static(b"nothing")).await {
            Err(ArchiveError::Bad(BadArchive::Zip(_))) => {}
            Err(ArchiveError::Limited(limit)) => limited = Some(limit),
            other => panic!("{other:?}"),
        }
    }
    assert!(limited.unwrap().retry_after >= Duration::from_secs(1));
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_exports_at_once_are_one_blob() {
    let scratch = Scratch::new().await;
    let (one, other) = (scratch.instance().await, scratch.instance().await);
    let user = one.guest().await;
    let project = whole(&one, user).await;
    let jobs = [&one, &other, &one, &other, &one, &other].map(|instance| export(instance, &project, Format::Zip));
    let archives = futures::future::join_all(jobs).await;
    assert!(archives.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(counts(&scratch).await, (1, 1));
    // Whoever has it already is not sent it again.
    let file = one.services.archive.export(&project, Format::Zip, None).await.unwrap();
    let known = format!("W/\"x\", \"{}\"", file.tag.as_str());
    let again = other.services.archive.export(&project, Format::Zip, Some(&known)).await.unwrap();
    assert_eq!((again.bytes, again.tag), (None, file.tag));
    scratch.finish([one, other]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_is_lost_damaged_or_out_of_reach_keeps_nobody_from_an_export() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let project = whole(&instance, user).await;
    let archive = export(&instance, &project, Format::Zip).await;
    let file = only_file(&scratch);
    assert!(std::fs::read(&file).unwrap() == archive);

    std::fs::write(&file, b"something else").unwrap();
    assert!(export(&instance, &project, Format::Zip).await == archive);
    assert!(std::fs::read(&file).unwrap() == archive, "it is whole again");
    std::fs::remove_file(&file).unwrap();
    assert!(export(&instance, &project, Format::Zip).await == archive);
    assert!(std::fs::read(&file).unwrap() == archive);

    std::fs::remove_dir_all(scratch.blobs()).unwrap();
    std::fs::write(scratch.blobs(), b"no folder").unwrap();
    assert!(export(&instance, &project, Format::Zip).await == archive);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_uses_any_more_is_swept_away() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let (user, other) = (instance.guest().await, instance.guest().await);
    let (gone, stays) = (whole(&instance, user).await, whole(&instance, other).await);
    let archive = export(&instance, &gone, Format::Zip).await;
    assert!(export(&instance, &stays, Format::Zip).await == archive);
    assert_eq!(counts(&scratch).await, (1, 2), "one content, kept for two");

    instance.services.projects.shelve(Some(user), gone.id, model::Shelf::Deleted).await.unwrap();
    scratch.pass(Duration::from_secs(31 * 86_400));
    assert_eq!(instance.services.projects.purge().await.unwrap(), 1);
    assert_eq!(counts(&scratch).await, (1, 1));
    // The other's use is older than a week by now. It is made again when it is wanted.
    assert_eq!(instance.services.blobs.sweep().await.unwrap(), 1);
    assert_eq!(counts(&scratch).await, (0, 0));
    assert!(files_below(&scratch.blobs()).is_empty());
    assert_eq!(instance.services.blobs.sweep().await.unwrap(), 0, "twice changes nothing");

    assert!(export(&instance, &stays, Format::Zip).await == archive);
    assert_eq!(instance.services.blobs.sweep().await.unwrap(), 0, "what is used stays");
    // A new revision takes the place of the old one; the old content stays for an hour.
    let tagline: Address = "brand/tagline".parse().unwrap();
    instance.services.studio.edit(other, stays.id, &tagline, json!("Another."), 1).await.unwrap();
    export(&instance, &stays, Format::Zip).await;
    assert_eq!((counts(&scratch).await, instance.services.blobs.sweep().await.unwrap()), ((2, 1), 0));
    scratch.pass(Duration::from_secs(2 * 3_600));
    assert_eq!(instance.services.blobs.sweep().await.unwrap(), 1);
    assert_eq!(files_below(&scratch.blobs()).len(), 1);
    scratch.finish([instance]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_drawn_once_and_again_when_the_title_changes() {
    let scratch = Scratch::new().await;
    let instance = scratch.instance().await;
    let user = instance.guest().await;
    let project = whole(&instance, user).await;
    let card = async |project: Project| instance.services.archive.card(&project, None).await.unwrap();
    let first = card(project.clone()).await;
    let bytes = first.bytes.unwrap();
    assert_eq!((&bytes[..8], &bytes[16..24]), (&b"\x89PNG\r\n\x1a\n"[..], &[0, 0, 4, 176, 0, 0, 2, 118][..]));
    assert!(std::fs::read(only_file(&scratch)).unwrap() == bytes);
    assert!(card(project.clone()).await.bytes.unwrap() == bytes);
    let known = format!("\"{}\"", first.tag.as_str());
    assert_eq!(instance.services.archive.card(&project, Some(&known)).await.unwrap().bytes, None);
    // Also of a project of which nothing is made yet.
    let started = instance.start(user, "سوق للكتب المستعملة").await;
    instance.services.projects.share(Some(user), started.project, Visibility::Public).await.unwrap();
    let empty = get(&instance, user, started.project).await;
    assert_ne!(card(empty).await.tag, first.tag);
    instance.services.studio.cancel(Some(user), started.generation).await.unwrap();
    scratch.finish([instance]).await;
}

// ── What they stand on ──────────────────────────────────────────────────────────────────────────────────────────

/// Sections of all five stages.
fn sections() -> Sections {
    let composer = Composer::new().unwrap();
    let directive = Directive::parse(SYNTHESIZERS).unwrap();
    let mut sections = Sections { product: composer.product(&directive, None), ..Sections::default() };
    sections.brand = composer.brand(&directive, None, &sections.product);
    let wire = format!(
        "<svg {NS} viewBox=\"0 0 8 8\"><rect width=\"4\" height=\"4\" fill=\"var(--wire-fill, none)\" stroke=\"currentColor\"/></svg>"
    );
    let feature = sections.product.features[0].id.clone();
    let entity = sections.product.entities[0].id.clone();
    let color = json!({"colorSpace": "oklch", "components": [0.62, 0.14, 28.1], "hex": "#a93212"});
    for (at, value) in [
        ("design/approach", json!("Facts first.")),
        (
            "design/screens/listings",
            json!({"id": "listings", "title": "Listings", "route": "/listings", "kind": "search",
            "purpose": "Find one.", "states": [{"name": "empty", "shows": "Nothing yet."}], "features": [feature], "entities": [entity],
            "wireframe": wire}),
        ),
        (
            "design/tokens/color-accent",
            json!({"id": "color-accent", "type": "color", "light": color, "dark": "{color.ink}", "purpose": "Links"}),
        ),
        ("design/tokens/color-ink", json!({"id": "color-ink", "type": "color", "light": color, "purpose": "Text"})),
        (
            "design/type_scale/title",
            json!({"id": "title", "size": 2.441, "line_height": 1.15, "weight": 500, "family": "display", "purpose": "Titles"}),
        ),
        ("architecture/overview", json!("One service, one database.")),
        (
            "architecture/diagrams/context",
            json!({"id": "context", "title": "Context", "about": "Who talks to whom.", "svg": wire, "mermaid": "flowchart LR\n  a --> b"}),
        ),
        (
            "architecture/tables/listings",
            json!({"id": "listings", "name": "listings", "entity": entity, "purpose": "One a row.", "features": [], "indexes": [],
            "columns": [{"name": "id", "type": "id", "nullable": false, "about": "key", "set_by": "service"}]}),
        ),
        (
            "architecture/operations/list-listings",
            json!({"id": "list-listings", "method": "GET", "path": "/listings", "summary": "Lists them.", "table": "listings",
            "deed": {"does": "list", "filters": []}, "roles": [], "features": [feature]}),
        ),
        ("code/overview", json!("Run it with cargo.")),
        (
            "code/files/migrations-0001-init-sql",
            json!({"id": "migrations-0001-init-sql", "path": "migrations/0001_init.sql", "purpose": "Tables",
            "content": "create table listings (id uuid primary key);\n", "tables": ["listings"]}),
        ),
        (
            "code/files/src-main-rs",
            json!({"id": "src-main-rs", "path": "src/main.rs", "purpose": "The program",
            "content": "fn main() {\n    println!(\"é <&> \\u{1f41d}\");\n}\n", "operations": ["list-listings"], "features": [feature]}),
        ),
        (
            "code/files/blank-txt",
            json!({"id": "blank-txt", "path": "blank.txt", "purpose": "Packs like a bomb", "content": " ".repeat(200_000)}),
        ),
    ] {
        let at: Address = at.parse().unwrap();
        sections.apply(at.stage, &Piece { path: at.path, value }).unwrap();
    }
    sections
}

/// A project with all of them.
async fn whole(instance: &Instance, user: UserId) -> Project {
    let incoming = Incoming {
        directive: directive(SYNTHESIZERS),
        title: None,
        sections: sections(),
        stages: Stage::ALL.to_vec(),
        bases: BTreeMap::new(),
    };
    let started = instance.services.studio.import(user, incoming).await.unwrap();
    get(instance, user, started.project).await
}

async fn get(instance: &Instance, user: UserId, id: ProjectId) -> Project {
    instance.services.projects.get(Some(user), id).await.unwrap()
}

async fn export(instance: &Instance, project: &Project, format: Format) -> Bytes {
    instance.services.archive.export(project, format, None).await.unwrap().bytes.unwrap()
}

async fn current(instance: &Instance, project: ProjectId) -> (Sections, BTreeMap<Stage, Vec<CheckResult>>) {
    let current = instance.services.studio.current(project).await.unwrap();
    (current.sections.clone(), current.checks())
}

async fn rows(scratch: &Scratch) -> i64 {
    let pool = PgPool::connect(&scratch.url).await.unwrap();
    let count = sqlx::query_scalar::<_, i64>(
        "select (select count(*) from projects) + (select count(*) from generations) + (select count(*) from generation_events)
              + (select count(*) from revisions) + (select count(*) from blobs)",
    );
    let count = count.fetch_one(&pool).await.unwrap();
    pool.close().await;
    count
}

/// Blobs, and uses of blobs.
async fn counts(scratch: &Scratch) -> (i64, i64) {
    let pool = PgPool::connect(&scratch.url).await.unwrap();
    let count =
        sqlx::query_as::<_, (i64, i64)>("select (select count(*) from blobs), (select count(*) from blob_uses)");
    let count = count.fetch_one(&pool).await.unwrap();
    pool.close().await;
    count
}

fn only_file(scratch: &Scratch) -> std::path::PathBuf {
    let mut files = files_below(&scratch.blobs());
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}
