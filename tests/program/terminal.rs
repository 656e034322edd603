//! The program as somebody at a terminal meets it.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

const SYNTHESIZERS: &str =
    "A marketplace where collectors buy and sell vintage synthesizers, with escrow and condition grading";

fn atlas9(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_atlas9"));
    command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn compose_prints_the_section_in_the_directives_own_terms_and_the_same_bytes_every_time() {
    let first = atlas9(&["compose", SYNTHESIZERS], &[]);
    assert!(first.status.success());
    let text = stdout(&first);
    assert!(
        text.contains("vintage synthesizer")
            && text.contains("## What they can do")
            && text.contains("ConditionReport")
    );
    assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "one trailing newline");
    assert!(stderr(&first).contains("by the composer"), "the receipt goes to stderr");
    assert_eq!(atlas9(&["compose", SYNTHESIZERS], &[]).stdout, first.stdout);
}

#[test]
fn compose_speaks_json_and_streams_pieces_and_writes_files() {
    let json: serde_json::Value =
        serde_json::from_str(&stdout(&atlas9(&["compose", SYNTHESIZERS, "--json"], &[]))).unwrap();
    let features = json["product"]["features"].as_array().unwrap().len();
    let lines = stdout(&atlas9(&["compose", SYNTHESIZERS, "--stream"], &[]));
    let pieces: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_feature = |piece: &&serde_json::Value| piece["path"].as_str().unwrap().starts_with("features/");
    assert_eq!(pieces.iter().filter(is_feature).count(), features);

    let folder = std::env::temp_dir().join(format!("atlas9-compose-{}", std::process::id()));
    let out = atlas9(&["compose", SYNTHESIZERS, "--out", folder.to_str().unwrap()], &[]);
    assert!(out.status.success(), "{}", stderr(&out));
    for file in
        ["product.json", "brand/logo.svg", "design/tokens.dark.json", "architecture/openapi.json", "code/Cargo.toml"]
    {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["sections"].as_array().unwrap().len(), 5);
    // Again over what is there: what somebody put beside it stays.
    std::fs::write(folder.join("mine.txt"), "mine").unwrap();
    assert!(atlas9(&["compose", SYNTHESIZERS, "--out", folder.to_str().unwrap()], &[]).status.success());
    assert_eq!(std::fs::read_to_string(folder.join("mine.txt")).unwrap(), "mine");
    // Another product in the same folder: what belonged to the first only is gone.
    assert!(folder.join("code/tests/api/synthesizers.rs").is_file());
    assert!(atlas9(&["compose", "Invoice tracker", "--out", folder.to_str().unwrap()], &[]).status.success());
    assert!(!folder.join("code/tests/api/synthesizers.rs").exists());
    assert_eq!(std::fs::read_to_string(folder.join("mine.txt")).unwrap(), "mine");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn compose_makes_the_brand_for_the_product_it_composes() {
    let sheet = stdout(&atlas9(&["compose", SYNTHESIZERS, "--stage", "brand"], &[]));
    for part in ["## The mark", "## Colours", "| accent |", "## Type", "## How it speaks", "## Names considered"] {
        assert!(sheet.contains(part), "{part} in {sheet}");
    }
    assert!(sheet.contains("synthesizer") && sheet.ends_with('\n') && !sheet.ends_with("\n\n"));
    let called = stdout(&atlas9(&["compose", SYNTHESIZERS, "--stage", "brand", "--note", "call it Patchrow"], &[]));
    assert!(called.starts_with("# Patchrow\n"));

    let lines = stdout(&atlas9(&["compose", SYNTHESIZERS, "--stage", "all", "--stream"], &[]));
    let stages: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["stage"].as_str().unwrap().to_owned())
        .collect();
    let mut order = stages.clone();
    order.dedup();
    assert_eq!(order, ["product", "brand", "design", "architecture", "code"]);
    let all: serde_json::Value =
        serde_json::from_str(&stdout(&atlas9(&["compose", SYNTHESIZERS, "--stage", "all", "--json"], &[]))).unwrap();
    assert!(all["product"]["features"].is_array() && all["brand"]["palette"].is_array());
}

#[test]
fn compose_reads_standard_input_and_refuses_what_is_no_directive() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_atlas9"))
        .args(["compose", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("Where zorbers frizzle mimsies\n".as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(stdout(&output).contains("mimsy"));

    for (arguments, words) in [
        (vec!["compose", "   "], "the directive is empty"),
        (vec!["compose", "a\u{1}b"], "control character"),
        (vec!["compose", SYNTHESIZERS, "--stage", "nonsense"], "no stage is called"),
    ] {
        let output = atlas9(&arguments, &[]);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains(words), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
    assert_eq!(atlas9(&["compose"], &[]).status.code(), Some(2), "a wrong command line");
}

#[test]
fn what_is_wrong_at_the_start_is_said_in_a_sentence_with_an_exit_code() {
    for (variable, value, words) in [
        ("ATLAS9_ADDR", "here", "it takes an address and a port"),
        ("ATLAS9_SECRET", "short", "at least 32 characters"),
        ("ATLAS9_LOG", "=,=", "ATLAS9_LOG"),
        ("ATLAS9_OTLP_URL", "collector:4318", "it takes the base address of a collector"),
        (
            "DATABASE_URL",
            "postgres://nobody@127.0.0.1:9/none",
            "PostgreSQL does not answer at postgres://nobody@127.0.0.1:9/none",
        ),
        ("REDIS_URL", "redis://127.0.0.1:9/0", "Redis does not answer at redis://127.0.0.1:9/0"),
    ] {
        let output = atlas9(&["serve"], &[(variable, value)]);
        assert_eq!(output.status.code(), Some(1), "{variable}");
        assert!(stderr(&output).contains(words), "{variable}: {}", stderr(&output));
    }
}
