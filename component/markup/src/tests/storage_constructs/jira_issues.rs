//! Issues of Jira, one or all that a query finds.

use super::kept;

#[test]
fn an_issue_is_named_by_its_key() {
    kept(
        "<p>see <ac:structured-macro ac:name=\"jira\"><ac:parameter ac:name=\"server\">Ours</ac:parameter><ac:parameter ac:name=\"key\">AB-1</ac:parameter></ac:structured-macro></p>",
        "see ⟦macro jira AB-1⟧",
    );
}

#[test]
fn a_list_of_issues_is_named_by_its_query() {
    kept(
        "<ac:structured-macro ac:name=\"jira\" ac:macro-id=\"2\"><ac:parameter ac:name=\"columns\">key,summary</ac:parameter><ac:parameter ac:name=\"jqlQuery\">project = AB and votes &gt; 1</ac:parameter></ac:structured-macro>",
        "⟦macro jira project = AB and votes - 1⟧",
    );
}
