//! Decides which tools a login cannot use: those whose routes need an OAuth scope that was not granted. What each route
//! needs stands in the route table.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Deployment, Manifest, Product, catalogue};

/// The tools that fail, by the scope that each lacks.
pub(crate) fn lacking(
    manifest: &Manifest,
    products: &[Product],
    granted: &[String],
) -> BTreeMap<String, BTreeSet<String>> {
    let mut lacking: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (tool, entry) in &manifest.tools {
        let routes = entry.routes.iter().flat_map(|id| catalogue().by_id(id));
        let needed = routes
            // Data Center has levels instead, each of which includes the lower ones.
            .filter(|route| route.deployment == Some(Deployment::Cloud))
            .filter(|route| products.contains(&route.product))
            .flat_map(|route| &route.scopes);
        for scope in needed.filter(|scope| !granted.contains(scope)) {
            lacking
                .entry(scope.clone())
                .or_default()
                .insert(tool.clone());
        }
    }
    lacking
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let json = br#"{"tools":[
            {"name":"jira_get_issue","routes":["jira.issue.get"]},
            {"name":"jira_search","routes":["jira.issue.search"]},
            {"name":"jira_update_issue","routes":["jira.issue.get","jira.issue.update"]}]}"#;
        Manifest::from_json(json, "sha256:00").unwrap()
    }

    #[test]
    fn tools_are_named_by_the_scope_that_they_lack() {
        let jira = [Product::Jira];
        let granted = ["read:jira-work".to_owned()];
        let lacking_write = lacking(&manifest(), &jira, &granted);
        assert_eq!(
            lacking_write,
            BTreeMap::from([(
                "write:jira-work".to_owned(),
                BTreeSet::from(["jira_update_issue".to_owned()])
            )])
        );
        assert_eq!(lacking(&manifest(), &jira, &[])["read:jira-work"].len(), 3);
        assert!(lacking(&manifest(), &[Product::Confluence], &[]).is_empty());
        let both = ["read:jira-work".to_owned(), "write:jira-work".to_owned()];
        assert!(lacking(&manifest(), &jira, &both).is_empty());
    }
}
