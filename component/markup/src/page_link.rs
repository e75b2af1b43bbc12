//! The address of a Confluence page by space and title: `page:KEY/Title#anchor`.
//!
//! Decides how it is spelled in one string. Never asks whether the page exists.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageLink {
    /// None for the space the text is in.
    pub(crate) space: Option<String>,
    pub(crate) title: String,
    pub(crate) anchor: Option<String>,
}

impl PageLink {
    pub(crate) fn parse(href: &str) -> Option<Self> {
        let rest = href.strip_prefix("page:")?;
        let (space, rest) = rest.split_once('/')?;
        let (title, anchor) = match rest.split_once('#') {
            Some((title, anchor)) => (title, Some(anchor)),
            None => (rest, None),
        };
        let filled = |text: &str| (!text.is_empty()).then(|| decode(text));
        Some(Self {
            space: filled(space),
            title: filled(title)?,
            anchor: anchor.and_then(filled),
        })
    }

    pub(crate) fn href(&self) -> String {
        let space = self.space.as_deref().map(encode).unwrap_or_default();
        let anchor = match &self.anchor {
            Some(anchor) => format!("#{}", encode(anchor)),
            None => String::new(),
        };
        format!("page:{space}/{}{anchor}", encode(&self.title))
    }
}

fn encode(text: &str) -> String {
    text.replace('%', "%25").replace('#', "%23")
}

fn decode(text: &str) -> String {
    text.replace("%23", "#")
        .replace("%20", " ")
        .replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_title_comes_back() {
        for (href, space, title, anchor) in [
            ("page:/Home", None, "Home", None),
            ("page:DS/100%25 a/b: c", Some("DS"), "100% a/b: c", None),
            ("page:DS/C%23#top", Some("DS"), "C#", Some("top")),
        ] {
            let link = PageLink {
                space: space.map(str::to_owned),
                title: title.into(),
                anchor: anchor.map(str::to_owned),
            };
            assert_eq!(link.href(), href);
            assert_eq!(PageLink::parse(href), Some(link));
        }
        for href in ["page:", "page:Home", "page:DS/", "https://a/b"] {
            assert_eq!(PageLink::parse(href), None, "{href}");
        }
    }
}
