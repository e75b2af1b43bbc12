//! What the source of this crate must not say, and where.

const FAMILIES: &[(&str, &str)] = &[
    ("jira.rs", include_str!("../jira.rs")),
    ("jira/client.rs", include_str!("../jira/client.rs")),
    ("jira/comment.rs", include_str!("../jira/comment.rs")),
    ("jira/create.rs", include_str!("../jira/create.rs")),
    ("jira/fields.rs", include_str!("../jira/fields.rs")),
    ("jira/issue.rs", include_str!("../jira/issue.rs")),
    ("jira/metadata.rs", include_str!("../jira/metadata.rs")),
    ("jira/people.rs", include_str!("../jira/people.rs")),
    ("jira/project.rs", include_str!("../jira/project.rs")),
    ("jira/render.rs", include_str!("../jira/render.rs")),
    ("jira/search.rs", include_str!("../jira/search.rs")),
    ("jira/transition.rs", include_str!("../jira/transition.rs")),
    ("jira/update.rs", include_str!("../jira/update.rs")),
    ("jira/values.rs", include_str!("../jira/values.rs")),
    ("confluence.rs", include_str!("../confluence.rs")),
    (
        "confluence/client.rs",
        include_str!("../confluence/client.rs"),
    ),
    (
        "confluence/comment.rs",
        include_str!("../confluence/comment.rs"),
    ),
    ("confluence/page.rs", include_str!("../confluence/page.rs")),
    (
        "confluence/search.rs",
        include_str!("../confluence/search.rs"),
    ),
    (
        "confluence/write.rs",
        include_str!("../confluence/write.rs"),
    ),
];

#[test]
fn no_family_knows_its_deployment_or_a_path() {
    for (name, source) in FAMILIES {
        for word in [
            "/rest/",
            "/wiki/",
            "Cloud",
            "DataCenter",
            "Data Center",
            "Deployment::",
            "markup::",
        ] {
            assert!(
                !source.contains(word),
                "{name} says {word}: that belongs to dialect or text"
            );
        }
    }
}

#[test]
fn products_do_not_know_each_other() {
    for (name, source) in FAMILIES {
        let other = if name.starts_with("jira") {
            "confluence::"
        } else {
            "jira::"
        };
        assert!(
            !source
                .replace("dialect::jira::", "")
                .replace("dialect::confluence::", "")
                .contains(other),
            "{name} uses {other}"
        );
        let dialect = if name.starts_with("jira") {
            "dialect::confluence"
        } else {
            "dialect::jira"
        };
        assert!(!source.contains(dialect), "{name} uses {dialect}");
    }
}

/// A new file has to be added to the list above, or nobody looks at it.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "this test looks at the source tree of the building machine"
)]
fn the_list_is_complete() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for folder in ["jira", "confluence"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(
                FAMILIES.iter().any(|(known, _)| *known == name),
                "{name} is not in the list"
            );
        }
    }
}
