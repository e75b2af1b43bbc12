//! Round trips, one file for each construct. What Markdown can say must come back from every
//! format that can say it.

mod adf_properties;
mod adf_schema;
mod constructs;
mod containers;
mod editing;
mod generate;
mod limits;
mod losses;
mod markdown_properties;
mod merging;
mod readme;
mod settling;
mod starts;
mod storage_constructs;
mod storage_corpus;
mod storage_limits;
mod storage_properties;
mod wiki_constructs;
mod wiki_properties;
mod words;

/// Holds a committed file against what the tests make of it; `UPDATE=1` writes the file anew.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests write the files that they check"
)]
fn committed(path: &str, is: &str, should: &str) {
    if std::env::var_os("UPDATE").is_some() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::write(file, should).expect("the checkout can be written to");
    } else {
        assert!(is == should, "{path} differs; UPDATE=1 writes it anew");
    }
}
