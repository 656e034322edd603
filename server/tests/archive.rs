//! Projects taken away as archives and brought back; archives made to do harm; blobs; cards.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, clippy::disallowed_methods, reason = "tests may")]

mod support;

use std::{collections::BTreeMap, io::Write as _, time::Duration};

use bytes::Bytes;
use model::{Address, CheckResult, Directive, Piece, ProjectId, Stage, UserId, Visibility, sections::Sections};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use server::{
    archive::{ArchiveError, BadArchive, Format},
    composer::Composer,
    projects::Project,
    studio::{Incoming, Wish},
};
use sha2::Digest as _;
use sqlx::PgPool;
use support::{Instance, SYNTHESIZERS, Scratch, assert_sound, directive, files_below};

const NS: &str = "xmlns=\"http://www.w3.org/2000/svg\"";

/// Files that pack as tightly as bombs.
const BLANK: [&str; 3] = ["code/blank.txt", "code.json", "code.md"];

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
async fn archives_made_to_do_harm_are_refused_with_the_reason_and_leave_nothing() {
    let scratch = Scratch::alone().await;
    let instance = scratch.instance().await;
    let (user, victim) = (instance.guest().await, instance.guest().await);
    let project = whole(&instance, user).await;
    let archive = export(&instance, &project, Format::Zip).await;
    let before = rows(&scratch).await;
    let sound = unzipped(&archive);
    let plain = |name: &[u8]| vec![Raw::file(name, b"x")];
    let with = |change: &dyn Fn(&mut Raw)| {
        let mut file = Raw::file(b"a.txt", b"hello hello hello");
        change(&mut file);
        raw(&[file])
    };
    let zeros = vec![0; 7 * 1_024 * 1_024];
    let mut before_it = b"#!/bin/sh\n".to_vec();
    before_it.extend(raw(&plain(b"a")));

    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing at all", vec![], "too short"),
        ("no zip", b"%PDF-1.7 and so on and so on and so on".to_vec(), "no directory"),
        ("half a zip", archive[..archive.len() / 2].to_vec(), "not a zip file"),
        ("a zip behind a program", before_it, "not where it says"),
        ("a bomb", raw(&[Raw::file(b"bomb.txt", &zeros)]), "times bigger"),
        (
            "many small bombs",
            raw(&(0..9).map(|n| Raw::loose(&format!("{n}"), 6 << 20)).collect::<Vec<_>>()),
            "more than",
        ),
        ("a file too big", with(&|file| file.size = 9 << 20), "most for one file"),
        ("a file bigger than it says", with(&|file| file.size = 3), "cannot be unpacked"),
        ("a file smaller than it says", with(&|file| file.size = 300), "another size"),
        (
            "too many files",
            raw(&(0..2_001).map(|n| Raw::file(format!("{n}").as_bytes(), b"")).collect::<Vec<_>>()),
            "2001 files",
        ),
        ("a name that climbs", raw(&plain(b"../../etc/passwd")), "leads out of its folder"),
        ("a name that climbs in the middle", raw(&plain(b"a/../../b")), "leads out of its folder"),
        ("an absolute name", raw(&plain(b"/etc/passwd")), "absolute path"),
        ("a Windows path", raw(&plain(b"..\\..\\boot.ini")), "not every file system"),
        ("a drive", raw(&plain(b"C:/boot.ini")), "not every file system"),
        ("a name with a NUL", raw(&plain(b"a\0.svg")), "not every file system"),
        ("a name with a line break", raw(&plain(b"a\nb")), "not every file system"),
        ("an empty name", raw(&plain(b"")), "no plain path"),
        ("a name with a hole", raw(&plain(b"a//b")), "no plain path"),
        ("a name too long", raw(&plain("x".repeat(300).as_bytes())), "240 bytes"),
        ("a name too deep", raw(&plain(b"a/b/c/d/e/f/g/h/i/j/k/l/m")), "folders deep"),
        ("a name that is no text", raw(&plain(b"\xff\xfe.txt")), "not UTF-8"),
        (
            "a name in an old alphabet",
            with(&|file| (file.name, file.flags) = ("é".as_bytes().to_vec(), 0)),
            "does not say",
        ),
        ("a link", with(&|file| file.mode = 0o120_777), "link"),
        ("a device", with(&|file| file.mode = 0o060_666), "link or a device"),
        ("a folder with content", raw(&plain(b"folder/")), "contradicts itself"),
        ("two files of one name", raw(&[Raw::file(b"a", b"x"), Raw::file(b"a", b"y")]), "twice"),
        (
            "two files of the same bytes",
            {
                let mut both = raw(&[Raw::file(b"a", b"x"), Raw::file(b"b", b"x")]);
                let directory = both.len() - 22 - 47;
                both[directory + 46] = b'a';
                both
            },
            "twice",
        ),
        ("files that lie in each other", overlapping(), "shares bytes"),
        ("another name inside", with(&|file| file.inner_name = b"b.txt".to_vec()), "contradicts"),
        ("an encrypted file", with(&|file| file.flags |= 1), "encrypted"),
        ("an unknown packing", with(&|file| file.method = 14), "does not unpack"),
        ("broken packing", with(&|file| file.data = vec![0xff; 9]), "cannot be unpacked"),
        ("a wrong checksum", with(&|file| file.crc ^= 1), "checksum"),
        ("a split archive", patched(&raw(&plain(b"a")), 22 - 4, 1), "split"),
        ("ZIP64", patched32(&raw(&plain(b"a")), 16), "ZIP64"),
        ("a zip of something else", raw(&plain(b"holiday.jpg")), "no manifest.json"),
        ("a manifest that is none", raw(&[Raw::file(b"manifest.json", b"[1, 2")]), "cannot be read"),
        (
            "a manifest of another format",
            raw(&[Raw::file(b"manifest.json", br#"{"format": "x", "version": 1}"#)]),
            "no manifest.json",
        ),
        (
            "a newer version",
            raw(&[Raw::file(b"manifest.json", br#"{"format": "atlas9-archive", "version": 9}"#)]),
            "version 9",
        ),
        ("deep JSON", raw(&[Raw::file(b"manifest.json", "[".repeat(60_000).as_bytes())]), "nested more than 32"),
        ("a file that was changed", changed(&sound, |files| push(files, "product.md", "!")), "changed after"),
        ("a file that was taken out", changed(&sound, |files| drop(files.remove("brand.md"))), "missing"),
        ("a file that was put in", changed(&sound, |files| push(files, "extra.sh", "rm")), "does not name"),
        (
            "a section that nobody knows",
            sealed(&sound, |_, manifest| manifest["sections"][0]["stage"] = json!("finance")),
            "does not know",
        ),
        (
            "a trace that is none",
            sealed(&sound, |files, _| {
                files.insert("trace.json".to_owned(), br#"{"code": {"seen": {"x": 1}}}"#.to_vec());
            }),
            "trace.json cannot be read",
        ),
        (
            "a trace that tells stories",
            sealed(&sound, |files, _| {
                files.insert("trace.json".to_owned(), br#"{"code": {"seen": {"product/summary": "<b>"}}}"#.to_vec());
            }),
            "no fingerprint",
        ),
        (
            "a section twice",
            sealed(&sound, |_, manifest| manifest["sections"][1] = manifest["sections"][0].clone()),
            "twice",
        ),
        ("no section", sealed(&sound, |_, manifest| manifest["sections"] = json!([])), "no section"),
        ("no directive", sealed(&sound, |_, manifest| manifest["directive"] = json!(" ")), "directive"),
        ("a title too long", sealed(&sound, |_, manifest| manifest["title"] = json!("x".repeat(200))), "title"),
        ("a manifest with more", sealed(&sound, |_, manifest| manifest["run"] = json!("rm -rf /")), "cannot be read"),
        (
            "a section of another shape",
            section(&sound, "product", |product| product["features"] = json!("all")),
            "cannot be read",
        ),
        (
            "deep values",
            section(&sound, "design", |design| design["tokens"][0]["light"] = nested(40)),
            "nested more than 32",
        ),
        (
            "a mark with a script",
            section(&sound, "brand", |brand| {
                brand["logo"]["svg"] = json!(format!("<svg {NS}><script>alert(1)</script></svg>"));
            }),
            "script",
        ),
        (
            "a wireframe that acts",
            section(&sound, "design", |design| {
                design["screens"][0]["wireframe"] = json!(format!("<svg {NS} onload=\"alert(1)\"></svg>"));
            }),
            "onload",
        ),
        (
            "a diagram that calls elsewhere",
            section(&sound, "architecture", |it| {
                it["diagrams"][0]["svg"] = json!(format!("<svg {NS}><image href=\"https://evil.example/x\"/></svg>"));
            }),
            "image",
        ),
        (
            "a colour that is more",
            section(&sound, "brand", |brand| {
                brand["palette"][0]["light"]["hex"] = json!("red;background:url(x)");
            }),
            "#rrggbb",
        ),
        (
            "a table that is SQL",
            section(&sound, "architecture", |it| {
                it["tables"][0]["name"] = json!("x; drop table users");
            }),
            "no name in SQL",
        ),
        (
            "a file of the program that climbs",
            section(&sound, "code", |code| {
                code["files"][0]["path"] = json!("../../.bashrc");
            }),
            "stay in its folder",
        ),
        (
            "two pieces of one id",
            section(&sound, "product", |product| {
                product["features"][1]["id"] = product["features"][0]["id"].clone();
            }),
            "two pieces of one id",
        ),
        (
            "a piece without an address",
            section(&sound, "product", |product| {
                product["features"][1]["id"] = json!("../../x");
            }),
            "whose id is none",
        ),
    ];
    for (name, bytes, words) in cases {
        scratch.pass(Duration::from_secs(60));
        let attacker = instance.guest().await;
        let refused = instance.services.archive.import(attacker, bytes.into()).await;
        let Err(ArchiveError::Bad(reason)) = refused else { panic!("{name}: {refused:?}") };
        let sentence = reason.to_string();
        assert!(sentence.contains(words), "{name}: {sentence}");
        assert!(sentence.len() < 400 && !sentence.chars().any(char::is_control), "{name}: {sentence}");
    }
    assert_eq!(rows(&scratch).await, before, "nothing was stored");
    assert!(!std::env::temp_dir().join("etc").exists());
    // What is sound still comes in.
    instance.services.archive.import(victim, sealed(&sound, |_, _| {}).into()).await.unwrap();
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

fn sha256(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

type Files = BTreeMap<String, Vec<u8>>;

fn unzipped(archive: &[u8]) -> Files {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut read = |name: &String| {
        let mut bytes = Vec::new();
        std::io::copy(&mut zip.by_name(name).unwrap(), &mut bytes).unwrap();
        (name.clone(), bytes)
    };
    names.iter().map(&mut read).collect()
}

fn packed(files: &Files) -> Vec<u8> {
    let file = |(name, bytes): (&String, &Vec<u8>)| match Raw::file(name.as_bytes(), bytes) {
        file if BLANK.contains(&name.as_str()) => Raw { method: 0, data: bytes.clone(), ..file },
        file => file,
    };
    raw(&files.iter().map(file).collect::<Vec<_>>())
}

/// An archive whose files were changed behind the manifest's back.
fn changed(sound: &Files, change: impl Fn(&mut Files)) -> Vec<u8> {
    let mut files = sound.clone();
    change(&mut files);
    packed(&files)
}

fn push(files: &mut Files, name: &str, more: &str) {
    files.entry(name.to_owned()).or_default().extend(more.as_bytes());
}

/// An archive that was changed by somebody who knows how to make a manifest.
fn sealed(sound: &Files, change: impl Fn(&mut Files, &mut Value)) -> Vec<u8> {
    let mut files = sound.clone();
    let mut manifest: Value = serde_json::from_slice(&files.remove("manifest.json").unwrap()).unwrap();
    change(&mut files, &mut manifest);
    for section in manifest["sections"].as_array_mut().unwrap() {
        section["sha256"] = json!(sha256(&files[section["file"].as_str().unwrap()]));
    }
    let listed = files.iter().map(|(path, bytes)| json!({"path": path, "bytes": bytes.len(), "sha256": sha256(bytes)}));
    manifest["files"] = listed.collect();
    files.insert("manifest.json".to_owned(), manifest.to_string().into_bytes());
    packed(&files)
}

/// Likewise with a section changed.
fn section(sound: &Files, stage: &str, change: impl Fn(&mut Value)) -> Vec<u8> {
    sealed(sound, |files, _| {
        let bytes = files.get_mut(&format!("{stage}.json")).unwrap();
        let mut section: Value = serde_json::from_slice(bytes).unwrap();
        change(&mut section);
        *bytes = section.to_string().into_bytes();
    })
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

/// A file of an archive, and what is said of it, true or not.
struct Raw {
    name: Vec<u8>,
    inner_name: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    size: u32,
    mode: u32,
    data: Vec<u8>,
}

impl Raw {
    fn file(name: &[u8], bytes: &[u8]) -> Self {
        let data = miniz(bytes);
        Self {
            name: name.to_vec(),
            inner_name: Vec::new(),
            flags: 1 << 11,
            method: 8,
            crc: crc(bytes),
            size: bytes.len().try_into().unwrap(),
            mode: 0,
            data,
        }
    }

    /// One that says how big it is and is not packed tightly enough to be a bomb by itself.
    fn loose(name: &str, size: u32) -> Self {
        Self { size, data: vec![1; 60_000], ..Self::file(name.as_bytes(), b"") }
    }
}

fn miniz(bytes: &[u8]) -> Vec<u8> {
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("x", options).unwrap();
    writer.write_all(bytes).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    let size = {
        let mut read = zip::ZipArchive::new(std::io::Cursor::new(&archive)).unwrap();
        let file = read.by_index(0).unwrap();
        (usize::try_from(file.data_start().unwrap()).unwrap(), usize::try_from(file.compressed_size()).unwrap())
    };
    archive[size.0..size.0 + size.1].to_vec()
}

fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    }) ^ !0
}

/// An archive of these, byte for byte as they say.
fn raw(files: &[Raw]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for file in files {
        let inner = if file.inner_name.is_empty() { &file.name } else { &file.inner_name };
        let head = |name: &[u8]| {
            let mut head = Vec::new();
            [20, file.flags, file.method, 0, 0x21].iter().for_each(|value: &u16| head.extend(value.to_le_bytes()));
            [file.crc, file.data.len() as u32, file.size].iter().for_each(|value| head.extend(value.to_le_bytes()));
            [name.len() as u16, 0].iter().for_each(|value| head.extend(value.to_le_bytes()));
            head
        };
        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend((3_u16 << 8 | 20).to_le_bytes());
        directory.extend(head(&file.name));
        directory.extend([0; 6]);
        directory.extend((file.mode << 16).to_le_bytes());
        directory.extend(u32::try_from(archive.len()).unwrap().to_le_bytes());
        directory.extend(&file.name);
        archive.extend(0x0403_4b50_u32.to_le_bytes());
        archive.extend(head(inner));
        archive.extend(inner);
        archive.extend(&file.data);
    }
    end(archive, &directory, files.len())
}

fn end(mut archive: Vec<u8>, directory: &[u8], count: usize) -> Vec<u8> {
    let offset = archive.len() as u32;
    archive.extend(directory);
    archive.extend(0x0605_4b50_u32.to_le_bytes());
    [0, 0, count as u16, count as u16].iter().for_each(|value: &u16| archive.extend(value.to_le_bytes()));
    [directory.len() as u32, offset].iter().for_each(|value| archive.extend(value.to_le_bytes()));
    archive.extend([0; 2]);
    archive
}

/// Two files of which the second lies in the first one's bytes, as in the bombs that David Fifield describes.
fn overlapping() -> Vec<u8> {
    let inner = raw(&[Raw::file(b"b", b"hello hello hello")]);
    let local = 30 + 1 + miniz(b"hello hello hello").len();
    let outer = Raw { method: 0, ..Raw::file(b"a", &inner[..local]) };
    let outer = Raw { data: inner[..local].to_vec(), ..outer };
    let one = raw(&[outer]);
    let (first, second) = (one.len() - 22 - 47, inner.len() - 22 - 47);
    let mut directory = one[first..one.len() - 22].to_vec();
    let mut listed = inner[second..inner.len() - 22].to_vec();
    listed[42..46].copy_from_slice(&31_u32.to_le_bytes());
    directory.extend(listed);
    end(one[..first].to_vec(), &directory, 2)
}

/// With a 16-bit value of the last record changed.
fn patched(archive: &[u8], from_end: usize, value: u16) -> Vec<u8> {
    let mut archive = archive.to_vec();
    let at = archive.len() - from_end;
    archive[at..at + 2].copy_from_slice(&value.to_le_bytes());
    archive
}

/// With a 32-bit value of the last record saying that it is elsewhere.
fn patched32(archive: &[u8], at: usize) -> Vec<u8> {
    let mut archive = archive.to_vec();
    let at = archive.len() - 22 + at;
    archive[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    archive
}
