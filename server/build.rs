//! Packs the knowledge: people write TOML, which the program would read anew at every start; MessagePack says the same and is read several
//! times faster. A file that is no TOML stops the build and says where.

use std::{env, error::Error, fs, path::Path};

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folder so; it is no configuration")]
fn main() -> Result<(), Box<dyn Error>> {
    let (from, to) = (Path::new("knowledge"), env::var("OUT_DIR")?);
    let to = Path::new(&to).join("knowledge");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", from.display());
    // What was deleted must not stay from the last build.
    if to.exists() {
        fs::remove_dir_all(&to)?;
    }
    for folder in fs::read_dir(from)?.collect::<Result<Vec<_>, _>>()? {
        if folder.file_type()?.is_dir() {
            let packed = to.join(folder.file_name());
            fs::create_dir_all(&packed)?;
            pack(&folder.path(), &packed)?;
        }
    }
    Ok(())
}

fn pack(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    for file in fs::read_dir(from)?.collect::<Result<Vec<_>, _>>()? {
        let path = file.path();
        let Some(name) = path.file_stem().filter(|_| path.extension().is_some_and(|kind| kind == "toml")) else {
            continue;
        };
        let said: toml::Table =
            fs::read_to_string(&path)?.parse().map_err(|error| format!("{}: {error}", path.display()))?;
        fs::write(to.join(name).with_extension("mpk"), rmp_serde::to_vec_named(&said)?)?;
    }
    Ok(())
}
