//! Round trips, one file for each construct. What Markdown can say must come back from every
//! format that can say it.

mod adf_properties;
mod adf_schema;
mod constructs;
mod editing;
mod generate;
mod limits;
mod markdown_properties;
mod merging;
mod storage_corpus;
mod storage_properties;
mod wiki_properties;
