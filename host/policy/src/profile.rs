//! The policies that ship: texts that a person can read, print and edit, and nothing else.
//!
//! A profile has no meaning of its own. It is rendered for the configured sites and then parsed like any file.

use crate::Policy;
use crate::bind::bound_to;
use crate::bounds::Bounds;
use crate::diagnostic::Diagnostics;
use crate::rule::Rule;
use crate::site::Site;
use crate::vocabulary::{Class, Product};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Reading, on all sites.
    ReadOnly,
    /// Reading and writing, on all sites; nothing is deleted or administered. What holds without a policy file.
    Standard,
    /// Reading, writing and deleting, on all sites; nothing is administered.
    Full,
}

const READ_ONLY: &str = r#"
# Reads everything that the account may read; changes nothing.
[[rule]]
id = "read"
site = "*"
classes = ["read"]
"#;

const STANDARD: &str = r#"
# Reads and writes whatever the account may.
[[rule]]
id = "read-and-write"
site = "*"
classes = ["read", "write"]

# Wins over every rule, also over those that are added later.
[[deny]]
id = "never-delete-or-administer"
site = "*"
classes = ["delete", "admin"]
"#;

const FULL: &str = r#"
# Reads, writes and deletes whatever the account may.
[[rule]]
id = "everything-but-administration"
site = "*"
classes = ["read", "write", "delete"]

# Wins over every rule, also over those that are added later.
[[deny]]
id = "never-administer"
site = "*"
classes = ["admin"]
"#;

impl Profile {
    pub const ALL: [Self; 3] = [Self::ReadOnly, Self::Standard, Self::Full];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Standard => "standard",
            Self::Full => "full",
        }
    }

    /// What the profile leaves out.
    pub(crate) const fn beyond(self) -> &'static [Class] {
        match self {
            Self::ReadOnly => &[Class::Write, Class::Delete, Class::Admin],
            Self::Standard => &[Class::Delete, Class::Admin],
            Self::Full => &[Class::Admin],
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == name)
    }

    /// The whole policy file for these sites.
    pub fn text(self, sites: &[Site]) -> String {
        let rules = match self {
            Self::ReadOnly => READ_ONLY,
            Self::Standard => STANDARD,
            Self::Full => FULL,
        };
        let sites: String = sites
            .iter()
            .map(|site| format!("\n{}", site.to_toml()))
            .collect();
        format!("version = 1\n{sites}{rules}")
    }
}

/// The same for the bounds' projects and spaces. A product that they say nothing of stays as open as the profile leaves
/// it.
fn within(profile: &Policy, bounds: &Bounds) -> String {
    let sites = profile.sites().iter();
    let sites: String = sites.map(|site| format!("\n{}", site.to_toml())).collect();
    let products = profile.products();
    let rules = profile.rules().flat_map(|rule| {
        let parts = bound_to(rule, bounds, &products).into_iter().enumerate();
        parts.map(|(part, rule)| match part {
            0 => rule,
            _ => Rule {
                id: format!("{}-{}", rule.id, part + 1),
                ..rule
            },
        })
    });
    let rules: String = (rules.chain(profile.denies().cloned()))
        .map(|rule| format!("\n{}", rule.to_toml()))
        .collect();
    format!("version = 1\n{sites}{rules}")
}

impl Policy {
    /// A profile for these sites that is held to projects or spaces. Keys that no product could have are refused.
    pub fn profile_within(
        profile: Profile,
        sites: Vec<Site>,
        bounds: &Bounds,
    ) -> Result<Self, Diagnostics> {
        let has = |product| sites.iter().any(|site| site.products.contains(&product));
        let products: Vec<Product> = Product::ALL
            .iter()
            .copied()
            .filter(|one| has(*one))
            .collect();
        let bounds = bounds.among(&products);
        let free = Self::profile(profile, sites)?;
        if bounds == Bounds::default() {
            return Ok(free);
        }
        let name = format!("profile {} within bounds", profile.as_str());
        Self::parse(&within(&free, &bounds), &name)
    }

    /// Fails where a site could not stand in a policy file either, for example plain http without `plaintext`.
    pub fn profile(profile: Profile, sites: Vec<Site>) -> Result<Self, Diagnostics> {
        Self::parse(
            &profile.text(&sites),
            &format!("profile {}", profile.as_str()),
        )
    }
}
