//! A new migration is embedded without `cargo clean`.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
