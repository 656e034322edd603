//! Archives made to do harm.

use std::time::Duration;

use pretty_assertions::assert_eq;
use serde_json::json;
use server::archive::{ArchiveError, Format};

use super::{
    NS, export,
    forged::{Raw, changed, nested, overlapping, patched, patched32, push, raw, sealed, section, unzipped},
    rows, whole,
};
use crate::support::Scratch;

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
