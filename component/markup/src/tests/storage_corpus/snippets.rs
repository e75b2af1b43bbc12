//! A piece of storage format for every construct that real pages hold.
//!
//! Decides how the editor spells each one. Never decides what is to survive: all of it is.

use super::Seeded;

/// A construct: what it is called in the table, its XML, and whether it stands amid text.
#[derive(Debug, Clone)]
pub(super) struct Snippet {
    pub(super) name: String,
    pub(super) xml: String,
    pub(super) inline: bool,
}

impl Snippet {
    /// The construct as a block: inline ones in a paragraph between words.
    pub(super) fn block(&self) -> String {
        if self.inline {
            format!("<p>before {} after</p>", self.xml)
        } else {
            self.xml.clone()
        }
    }
}

/// The construct of one row of the table.
pub(super) fn of(kind: &str, name: &str, seeded: &mut Seeded) -> Snippet {
    let (xml, inline) = match kind {
        "element" => element(name),
        "macro" => (macro_called(name, seeded), is_inline_macro(name)),
        "parameter" => (with_parameter(name, seeded), false),
        other => panic!("the table has no rows of kind `{other}`"),
    };
    Snippet {
        name: format!("{kind} {name}"),
        xml,
        inline,
    }
}

/// What the table does not hold and templates, old pages and the new editor do.
pub(super) fn others() -> Vec<Snippet> {
    OTHERS
        .iter()
        .map(|(name, inline, xml)| Snippet {
            name: format!("other {name}"),
            xml: (*xml).to_owned(),
            inline: *inline,
        })
        .collect()
}

const LINK_TO_PAGE: &str =
    "<ac:link><ri:page ri:content-title=\"Release notes\" ri:space-key=\"DS\" /></ac:link>";
const TASKS: &str = concat!(
    "<ac:task-list><ac:task><ac:task-id>17</ac:task-id><ac:task-status>incomplete</ac:task-status>",
    "<ac:task-body>Rotate keys<ac:task-list><ac:task><ac:task-id>18</ac:task-id>",
    "<ac:task-status>complete</ac:task-status><ac:task-body>Ask</ac:task-body></ac:task></ac:task-list>",
    "</ac:task-body></ac:task></ac:task-list>",
);
const LAYOUT: &str = concat!(
    "<ac:layout><ac:layout-section ac:type=\"two_equal\" ac:breakout-mode=\"default\"><ac:layout-cell><p>left</p>",
    "</ac:layout-cell><ac:layout-cell><h2>right</h2></ac:layout-cell></ac:layout-section></ac:layout>",
);
const TABLE: &str = concat!(
    "<table data-layout=\"default\" ac:local-id=\"t-1\"><colgroup><col style=\"width: 120.0px;\" /><col /></colgroup>",
    "<tbody><tr><th scope=\"row\"><p>Name</p></th><th><p>Value</p></th></tr>",
    "<tr><td data-highlight-colour=\"#ffebe6\" rowspan=\"2\"><p>a</p></td><td>1</td></tr><tr><td /></tr></tbody></table>",
);

fn element(name: &str) -> (String, bool) {
    let inline = |xml: &str| (xml.to_owned(), true);
    let block = |xml: &str| (xml.to_owned(), false);
    match name {
        "p" => block("<p style=\"margin-left: 30.0px;\">A paragraph.</p><p /><p>Another.</p>"),
        "br" => inline("one<br />two<br clear=\"none\" />"),
        "span" => inline(
            "<span style=\"color: rgb(255,86,48);\">red</span> <span class=\"x\">plain</span> <span>bare</span>",
        ),
        "strong" | "em" | "u" | "code" | "sub" | "sup" => inline(&format!("<{name}>word</{name}>")),
        "h1" | "h2" | "h3" | "h4" | "h6" => {
            block(&format!("<{name} id=\"a-b\">A <em>heading</em></{name}>"))
        }
        "a" => inline(
            "<a href=\"https://a.example/x?a=1&amp;b=2\">docs</a> <a href=\"https://a.example\" data-card-appearance=\"inline\">https://a.example</a>",
        ),
        "img" => inline("<img src=\"https://a.example/p.png\" alt=\"plan\" class=\"left\" />"),
        "hr" => block("<hr />"),
        "blockquote" => block("<blockquote><p>said</p><p>twice</p></blockquote>"),
        "div" => block("<div class=\"box\"><p>in a box</p></div>"),
        "style" => block("<style type=\"text/css\">p { color: red; }</style>"),
        "ul" | "li" => block("<ul><li>one</li><li><p>two</p><ul><li>deep</li></ul></li></ul>"),
        "ol" => block("<ol start=\"3\"><li><p>one</p></li></ol><ol><li>two</li></ol>"),
        "table" | "tbody" | "tr" | "th" | "td" | "colgroup" | "col" => block(TABLE),
        "ac:layout" | "ac:layout-section" | "ac:layout-cell" => block(LAYOUT),
        "ac:task-list" | "ac:task" | "ac:task-id" | "ac:task-status" | "ac:task-body" => {
            block(TASKS)
        }
        "ac:emoticon" => inline(
            "<ac:emoticon ac:name=\"tick\" /> <ac:emoticon ac:name=\"blue-star\" ac:emoji-shortname=\":rocket:\" ac:emoji-id=\"1f680\" ac:emoji-fallback=\"🚀\" />",
        ),
        "ac:image" => inline(
            "<ac:image ac:align=\"center\" ac:width=\"240\" ac:alt=\"plan\"><ri:attachment ri:filename=\"plan.png\" ri:version-at-save=\"2\" /><ac:caption><p>Fig. 1</p></ac:caption></ac:image>",
        ),
        "ac:inline-comment-marker" => inline(
            "<ac:inline-comment-marker ac:ref=\"6b2d1c52\">a <strong>remark</strong></ac:inline-comment-marker>",
        ),
        "ac:link" | "ri:page" => inline(LINK_TO_PAGE),
        "ac:link-body" => inline(
            "<ac:link ac:anchor=\"top\"><ri:page ri:content-title=\"T\" /><ac:link-body>the <em>page</em></ac:link-body></ac:link>",
        ),
        "ac:plain-text-link-body" => inline(
            "<ac:link><ri:page ri:content-title=\"T\" /><ac:plain-text-link-body><![CDATA[the <page>]]></ac:plain-text-link-body></ac:link>",
        ),
        "ri:attachment" => inline(
            "<ac:link><ri:attachment ri:filename=\"a b.pdf\"><ri:page ri:content-title=\"T\" /></ri:attachment></ac:link> <ac:image><ri:attachment ri:filename=\"q.png\" /></ac:image>",
        ),
        "ri:user" => inline(
            "<ac:link><ri:user ri:account-id=\"557058:a1\" ri:local-id=\"l-1\" /></ac:link> <ac:link><ri:user ri:userkey=\"8a7f\" /></ac:link>",
        ),
        "ri:space" => inline("<ac:link><ri:space ri:space-key=\"DS\" /></ac:link>"),
        "ri:url" => inline("<ac:image><ri:url ri:value=\"https://a.example/p.png\" /></ac:image>"),
        "ri:blog-post" => inline(
            "<ac:link><ri:blog-post ri:content-title=\"News\" ri:posting-day=\"2026/11/22\" /><ac:link-body>news</ac:link-body></ac:link>",
        ),
        "ri:content-entity" => inline(
            "<ac:link><ri:content-entity ri:content-id=\"12345\" /><ac:link-body>that</ac:link-body></ac:link>",
        ),
        "ac:macro" => block(
            "<ac:macro ac:name=\"section\"><ac:parameter ac:name=\"border\">true</ac:parameter><ac:rich-text-body><ac:macro ac:name=\"column\"><ac:rich-text-body><p>x</p></ac:rich-text-body></ac:macro></ac:rich-text-body></ac:macro>",
        ),
        "ac:default-parameter" => block(
            "<ac:macro ac:name=\"anchor\"><ac:default-parameter>here</ac:default-parameter></ac:macro>",
        ),
        "ac:structured-macro" | "ac:parameter" | "ac:rich-text-body" => block(
            "<ac:structured-macro ac:name=\"details\" ac:schema-version=\"1\" ac:local-id=\"l\" ac:macro-id=\"m\"><ac:parameter ac:name=\"hidden\">true</ac:parameter><ac:rich-text-body><p>Owner</p></ac:rich-text-body></ac:structured-macro>",
        ),
        "ac:plain-text-body" => block(
            "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[if a < b && c {]]></ac:plain-text-body></ac:structured-macro>",
        ),
        // What broken imports leave behind.
        other => (format!("<{other}>imported</{other}>"), false),
    }
}

fn is_inline_macro(name: &str) -> bool {
    matches!(name, "status" | "mathinline" | "jira" | "footnote" | "unit")
}

/// Macros whose body is text that is not markup.
fn has_plain_body(name: &str) -> bool {
    matches!(
        name,
        "code" | "noformat" | "plantuml" | "mathblock" | "paste-code-macro" | "cfm-footnote"
    )
}

/// Macros around content, so that their content can be read and edited.
fn has_rich_body(name: &str) -> bool {
    let language = name.chars().all(char::is_alphabetic) && name.len() > 4;
    matches!(
        name,
        "tip" | "info" | "note" | "panel" | "excerpt" | "sv-translation" | "ui-text-box" | "legend"
    ) || name.starts_with("scroll-")
        || name.starts_with("ui-")
        || name.starts_with("aui")
        || language
            && !matches!(
                name,
                "children" | "pagetree" | "widget" | "roadmap" | "include" | "status" | "spaces"
            )
            && !matches!(name, "livesearch" | "jiraissues" | "viewxls" | "redirect")
}

fn macro_called(name: &str, seeded: &mut Seeded) -> String {
    let id = seeded.id();
    let start = format!(
        "<ac:structured-macro ac:name=\"{name}\" ac:schema-version=\"1\" ac:macro-id=\"{id}\">"
    );
    let parameters = match name {
        "status" => "<ac:parameter ac:name=\"title\">ON TRACK</ac:parameter><ac:parameter ac:name=\"colour\">Green</ac:parameter>".to_owned(),
        "jira" => "<ac:parameter ac:name=\"server\">System Jira</ac:parameter><ac:parameter ac:name=\"key\">AB-12</ac:parameter>".to_owned(),
        "code" => "<ac:parameter ac:name=\"language\">rust</ac:parameter><ac:parameter ac:name=\"title\">main.rs</ac:parameter><ac:parameter ac:name=\"linenumbers\">true</ac:parameter>".to_owned(),
        "panel" => "<ac:parameter ac:name=\"borderColor\">#091e42</ac:parameter><ac:parameter ac:name=\"title\">A &amp; B</ac:parameter>".to_owned(),
        "mathinline" => "<ac:parameter ac:name=\"body\">a^2 &lt; b</ac:parameter>".to_owned(),
        "include" | "excerpt-include" => format!("<ac:parameter ac:name=\"\">{LINK_TO_PAGE}</ac:parameter>"),
        _ if seeded.below(3) == 0 => String::new(),
        _ => format!("<ac:parameter ac:name=\"p{}\">{}</ac:parameter>", seeded.below(9), seeded.words()),
    };
    let body = if has_plain_body(name) {
        format!(
            "<ac:plain-text-body><![CDATA[{}\n  <b>&amp;]]]]><![CDATA[> end]]></ac:plain-text-body>",
            seeded.words()
        )
    } else if has_rich_body(name) {
        format!(
            "<ac:rich-text-body><p>{}</p></ac:rich-text-body>",
            seeded.words()
        )
    } else {
        String::new()
    };
    format!("{start}{parameters}{body}</ac:structured-macro>")
}

fn with_parameter(name: &str, seeded: &mut Seeded) -> String {
    let value = match name {
        "page" | "root" => LINK_TO_PAGE.to_owned(),
        "space" | "spaces" | "spaceKey" => "<ri:space ri:space-key=\"DS\" />".to_owned(),
        "user" | "User" | "username" => "<ri:user ri:userkey=\"8a7f\" />".to_owned(),
        "url" => "<ri:url ri:value=\"https://a.example/?a=1&amp;b=2\" />".to_owned(),
        _ => format!("{} &amp; {}", seeded.words(), seeded.below(100)),
    };
    let id = seeded.id();
    let parameter = format!("<ac:parameter ac:name=\"{name}\">{value}</ac:parameter>");
    let holder = ["widget", "info", "excerpt", "code"][seeded.below(4)];
    let body = match holder {
        "widget" => "",
        "code" => "<ac:plain-text-body><![CDATA[x]]></ac:plain-text-body>",
        _ => "<ac:rich-text-body><p>x</p></ac:rich-text-body>",
    };
    format!(
        "<ac:structured-macro ac:name=\"{holder}\" ac:schema-version=\"1\" ac:macro-id=\"{id}\">{parameter}{body}</ac:structured-macro>"
    )
}

const OTHERS: &[(&str, bool, &str)] = &[
    ("time", true, "<time datetime=\"2026-11-22\" />"),
    (
        "placeholder",
        true,
        "<ac:placeholder ac:type=\"mention\">Who decides?</ac:placeholder>",
    ),
    ("template variable", true, "<at:var at:name=\"owner\" />"),
    (
        "template declarations",
        false,
        "<at:declarations><at:string at:name=\"owner\" /><at:textarea at:columns=\"100\" at:name=\"goal\" at:rows=\"10\" /><at:list at:name=\"state\"><at:option at:value=\"open\" /><at:option at:value=\"done\" /></at:list></at:declarations><p>By <at:var at:name=\"owner\" /></p>",
    ),
    (
        "expand",
        false,
        "<ac:structured-macro ac:name=\"expand\" ac:schema-version=\"1\" ac:macro-id=\"e\"><ac:parameter ac:name=\"title\">More</ac:parameter><ac:rich-text-body><p>hidden</p><ul><li><p>x</p></li></ul></ac:rich-text-body></ac:structured-macro>",
    ),
    (
        "warning",
        false,
        "<ac:structured-macro ac:name=\"warning\" ac:schema-version=\"1\"><ac:parameter ac:name=\"icon\">false</ac:parameter><ac:parameter ac:name=\"title\">Careful</ac:parameter><ac:rich-text-body><p>x</p></ac:rich-text-body></ac:structured-macro>",
    ),
    (
        "macro in macro",
        false,
        "<ac:structured-macro ac:name=\"excerpt\"><ac:rich-text-body><ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[x]]></ac:plain-text-body></ac:structured-macro><p>y</p></ac:rich-text-body></ac:structured-macro>",
    ),
    (
        "adf extension",
        false,
        "<ac:adf-extension><ac:adf-node type=\"panel\"><ac:adf-attribute key=\"panel-type\">custom</ac:adf-attribute><ac:adf-content><p>own colour</p></ac:adf-content></ac:adf-node><ac:adf-fallback><div class=\"panel\"><p>own colour</p></div></ac:adf-fallback></ac:adf-extension>",
    ),
    (
        "cdata with its own end",
        false,
        "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[a[b[1]]]]><![CDATA[> 0]]></ac:plain-text-body></ac:structured-macro>",
    ),
    (
        "named entities",
        false,
        "<p>na&iuml;ve&nbsp;&ldquo;caf&eacute;&rdquo; &mdash; &hellip; &lt;b&gt; &amp;amp; &#8364; &#x20AC;</p>",
    ),
    ("loose text", false, "loose <strong>text</strong>"),
    ("preformatted", false, "<pre>a\n  b &lt; c</pre>"),
    (
        "definition list",
        false,
        "<dl><dt>term</dt><dd>meaning</dd></dl>",
    ),
    ("comment", false, "<p>a</p><!-- kept --><p>b</p>"),
    ("space between blocks", false, "<p>a</p>\n\n  <p>b</p>\n"),
    (
        "attribute spelling",
        false,
        "<p class='x'   id=\"y\" >a</p><br/><hr/>",
    ),
    (
        "strike",
        true,
        "<del>gone</del> <s>gone</s> <strike>gone</strike>",
    ),
    (
        "small",
        true,
        "<small>small</small> <big>big</big> <cite>cited</cite>",
    ),
    (
        "task with paragraph",
        false,
        "<ac:task-list ac:task-list-id=\"l\">\n<ac:task>\n<ac:task-id>1</ac:task-id>\n<ac:task-uuid>u-1</ac:task-uuid>\n<ac:task-status>complete</ac:task-status>\n<ac:task-body><span class=\"placeholder-inline-tasks\">done <time datetime=\"2026-11-22\" /></span></ac:task-body>\n</ac:task>\n</ac:task-list>",
    ),
    (
        "heading with anchor",
        false,
        "<h2><ac:structured-macro ac:name=\"anchor\"><ac:parameter ac:name=\"\">here</ac:parameter></ac:structured-macro>Goal</h2>",
    ),
    (
        "table with header",
        false,
        "<table class=\"wrapped\"><thead><tr><th>A</th></tr></thead><tbody><tr><td><ul><li>x</li></ul></td></tr></tbody><tfoot><tr><td>sum</td></tr></tfoot></table>",
    ),
];
