//! Files of releases: what one instance has, the others give to the pages of that one.

use std::{fs, time::Duration};

use server::releases::KEEP;

use crate::support::{Scratch, files_below};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_release_finds_its_files_with_every_instance_until_nobody_has_had_them_for_long() {
    let scratch = Scratch::new().await;
    let (older, newer) = (scratch.instance().await, scratch.instance().await);
    let folder = scratch.blobs().with_extension("pkg");
    fs::create_dir_all(&folder).unwrap();
    let style = "body { color: teal }";
    for (name, text) in [
        ("site.abc.css", style),
        ("site.abc.js", "1"),
        ("site.abc.wasm", "\0asm"),
        ("site.css", "old"),
        ("site.abc.css.br", "x"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    assert_eq!(older.services.releases.keep_once(&folder).await.unwrap(), 3);
    assert_eq!(older.services.releases.keep_once(&folder).await.unwrap(), 3, "it may say so again");
    let file = newer.services.releases.file("site.abc.css").await.unwrap().unwrap();
    assert_eq!((&*file.bytes, file.media_type), (style.as_bytes(), "text/css; charset=utf-8"));
    for name in ["site.css", "site.abc.css.br", "site.xyz.css", "../site.abc.css", ""] {
        assert!(newer.services.releases.file(name).await.unwrap().is_none(), "{name}");
    }

    // What is kept is not swept away; what nobody has any more is.
    scratch.pass(Duration::from_secs(2 * 3_600));
    newer.services.blobs.sweep().await.unwrap();
    assert!(newer.services.releases.file("site.abc.css").await.unwrap().is_some());
    scratch.pass(KEEP.unsigned_abs());
    let empty = folder.join("empty");
    fs::create_dir(&empty).unwrap();
    newer.services.releases.keep_once(&empty).await.unwrap();
    assert!(newer.services.releases.file("site.abc.css").await.unwrap().is_none());
    newer.services.blobs.sweep().await.unwrap();
    assert_eq!(files_below(&scratch.blobs()).len(), 0);
    fs::remove_dir_all(folder).unwrap();
    scratch.finish([older, newer]).await;
}
