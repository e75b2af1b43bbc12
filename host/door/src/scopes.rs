//! What a client may use beside what its owner may: `jira:read`, `confluence:write` and so on, as a login server grants
//! them. A class holds those below it. Takes away only; what is left is still the policy's to decide.

use policy::{Class, Manifest, Product, catalogue};

/// What somebody was granted: the highest class, for each product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    jira: Option<Class>,
    confluence: Option<Class>,
}

impl Grant {
    /// For holders of keys, whom the policy file alone narrows.
    pub const WHOLE: Self = Self {
        jira: Some(Class::Admin),
        confluence: Some(Class::Admin),
    };

    pub const NOTHING: Self = Self {
        jira: None,
        confluence: None,
    };

    /// What a client is asked to get at first.
    pub const READING: Self = Self {
        jira: Some(Class::Read),
        confluence: Some(Class::Read),
    };

    /// Of a list between spaces (RFC 6749, section 3.3). Scopes of others mean nothing here.
    pub fn of_scopes(scopes: &str) -> Self {
        let mut grant = Self::NOTHING;
        for (product, class) in all_scopes() {
            if scopes.split(' ').any(|scope| scope == name(product, class)) {
                grant.raise(product, class);
            }
        }
        grant
    }

    /// What it takes to make every request that a tool declares.
    pub fn for_tool(manifest: &Manifest, tool: &str) -> Self {
        let mut needed = Self::NOTHING;
        let entry = manifest.tools.get(tool).into_iter();
        for id in entry.flat_map(|entry| &entry.routes) {
            for route in catalogue().by_id(id) {
                needed.raise(route.product, route.class);
            }
        }
        needed
    }

    pub fn covers(self, needed: Self) -> bool {
        self.jira >= needed.jira && self.confluence >= needed.confluence
    }

    /// Both of them, so that a client which asks for this loses nothing that it had.
    pub fn with(mut self, more: Self) -> Self {
        for &product in Product::ALL {
            if let Some(class) = more.of(product) {
                self.raise(product, class);
            }
        }
        self
    }

    /// As a login server is asked for it.
    pub fn to_scopes(self) -> String {
        let scopes = Product::ALL
            .iter()
            .filter_map(|&product| Some(name(product, self.of(product)?)));
        scopes.collect::<Vec<_>>().join(" ")
    }

    fn of(self, product: Product) -> Option<Class> {
        match product {
            Product::Jira => self.jira,
            Product::Confluence => self.confluence,
        }
    }

    fn raise(&mut self, product: Product, class: Class) {
        let place = match product {
            Product::Jira => &mut self.jira,
            Product::Confluence => &mut self.confluence,
        };
        *place = (*place).max(Some(class));
    }
}

/// Every scope there is.
pub fn scopes() -> impl Iterator<Item = String> {
    all_scopes().map(|(product, class)| name(product, class))
}

fn all_scopes() -> impl Iterator<Item = (Product, Class)> {
    let of_product = |&product| Class::ALL.iter().map(move |&class| (product, class));
    Product::ALL.iter().flat_map(of_product)
}

fn name(product: Product, class: Class) -> String {
    format!("{}:{}", product.as_str(), class.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_holds_those_below_it_and_no_other_product() {
        let grant = Grant::of_scopes("openid jira:write confluence:read jira:everything");
        for (needed, is_covered) in [
            ("", true),
            ("jira:read", true),
            ("jira:write", true),
            ("jira:delete", false),
            ("jira:admin", false),
            ("confluence:read", true),
            ("confluence:write", false),
            ("jira:read confluence:write", false),
        ] {
            assert_eq!(
                grant.covers(Grant::of_scopes(needed)),
                is_covered,
                "{needed}"
            );
        }
        for scope in scopes() {
            assert!(Grant::WHOLE.covers(Grant::of_scopes(&scope)), "{scope}");
            assert!(!Grant::NOTHING.covers(Grant::of_scopes(&scope)), "{scope}");
        }
    }

    #[test]
    fn only_whole_words_are_scopes() {
        for wrong in [
            "Jira:read",
            "jira:read,confluence:read",
            "xjira:read",
            "jira:readx",
            "jira:*",
            "jira",
            "\tjira:read",
        ] {
            assert_eq!(Grant::of_scopes(wrong), Grant::NOTHING, "{wrong}");
        }
    }

    #[test]
    fn asking_for_more_keeps_what_was_there() {
        let had = Grant::of_scopes("jira:read confluence:delete");
        let more = had.with(Grant::of_scopes("jira:write"));
        assert_eq!(more.to_scopes(), "jira:write confluence:delete");
        assert_eq!(Grant::NOTHING.to_scopes(), "");
    }
}
