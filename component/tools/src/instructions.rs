//! The conventions that all tools share, said once to the model instead of in each schema.

/// At most 2,000 characters: clients cut longer ones.
pub fn instructions() -> &'static str {
    include_str!("instructions.md").trim_ascii()
}
