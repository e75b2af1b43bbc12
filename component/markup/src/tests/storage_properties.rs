//! What must hold for every document in storage format, and for everything that claims to be.

use proptest::prelude::*;

use super::generate::{Can, document};
use super::markdown_properties::nameless;
use crate::{Document, Format, storage, to_markdown};

fn write(document: &Document) -> String {
    storage::write(document).expect("the documents hold nothing foreign")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_document_comes_back(mut document in document(Can::STORAGE)) {
        // Confluence knows its people by id alone.
        for mention in document.mentions_mut() {
            mention.name = None;
        }
        let written = write(&document);
        let read = storage::read(&written).expect("what is written is well-formed");
        prop_assert_eq!(nameless(read), nameless(document), "{}", written);
    }

    #[test]
    fn any_text_is_shown(source in ".{0,80}") {
        to_markdown(Format::Storage, &source);
    }

    #[test]
    fn markup_soup_comes_back(parts in prop::collection::vec(prop::sample::select(SOUP.to_vec()), 0..12)) {
        let source = parts.concat();
        if let Ok(first) = storage::read(&source) {
            let written = write(&first);
            let second = write(&storage::read(&written).expect("what is written is well-formed"));
            // Blocks inside marks take one round to come out of them.
            let third = write(&storage::read(&second).expect("what is written is well-formed"));
            prop_assert_eq!(third, second, "{}", source);
        }
    }
}

pub(super) const SOUP: &[&str] = &[
    "a",
    " b ",
    "\n",
    "&nbsp;",
    "&amp;",
    "&unknown;",
    "&#0;",
    "&",
    "<p>c</p>",
    "<p style=\"x\">d</p>",
    "<p>",
    "</p>",
    "<strong>",
    "</strong>",
    "<em>e</em>",
    "<span style=\"color: rgb(1,2,3);\">f</span>",
    "<span class=\"x\">g</span>",
    "<ul><li>h<ul><li>i</li></ul></li></ul>",
    "<ol start=\"4\"><li><p>j</p></li></ol>",
    "<br />",
    "<hr/>",
    "<ac:structured-macro ac:name=\"toc\" ac:schema-version=\"1\"><ac:parameter ac:name=\"maxLevel\">3</ac:parameter></ac:structured-macro>",
    "<ac:structured-macro ac:name=\"details\"><ac:rich-text-body><p>k</p></ac:rich-text-body></ac:structured-macro>",
    "<ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"linenumbers\">true</ac:parameter><ac:plain-text-body><![CDATA[l < m]]></ac:plain-text-body></ac:structured-macro>",
    "<ac:structured-macro ac:name=\"info\"><ac:parameter ac:name=\"icon\">false</ac:parameter><ac:rich-text-body>n</ac:rich-text-body></ac:structured-macro>",
    "<ac:structured-macro ac:name=\"status\"><ac:parameter ac:name=\"title\">OK</ac:parameter></ac:structured-macro>",
    "<ac:link><ri:user ri:account-id=\"1:2\" /></ac:link>",
    "<ac:link><ri:page ri:content-title=\"T\" /></ac:link>",
    "<ac:link ac:anchor=\"x\"><ac:link-body>o <em>p</em></ac:link-body></ac:link>",
    "<ac:link><ri:space ri:space-key=\"DS\" /></ac:link>",
    "<ac:image ac:width=\"20\"><ri:attachment ri:filename=\"q.png\" /></ac:image>",
    "<ac:image><ri:attachment ri:filename=\"q.png\"><ri:page ri:content-title=\"T\" /></ri:attachment></ac:image>",
    "<ac:inline-comment-marker ac:ref=\"1\">r</ac:inline-comment-marker>",
    "<time datetime=\"2026-11-22\" />",
    "<ac:emoticon ac:name=\"tick\" />",
    "<div class=\"s\"><p>t</p></div>",
    "<pre>u\n  v</pre>",
    "<table><colgroup><col /></colgroup><tbody><tr><th>w</th><td colspan=\"2\"><p>x</p></td></tr></tbody></table>",
    "<ac:layout><ac:layout-section ac:type=\"single\"><ac:layout-cell><p>y</p></ac:layout-cell></ac:layout-section></ac:layout>",
    "<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>z</ac:task-body></ac:task></ac:task-list>",
    "<a href=\"https://a.example\">1</a>",
    "<a href=\"https://a.example\" data-card-appearance=\"inline\">2</a>",
    "<a name=\"x\" />",
    "<!-- c -->",
    "<![CDATA[<d>]]>",
    "<ac:placeholder>3</ac:placeholder>",
    "<h2>4</h2>",
    "<blockquote><p>5</p></blockquote>",
];
