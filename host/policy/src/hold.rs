//! Holding a request to the projects or spaces of the rules that allow it: what its query and body name, how its
//! search is narrowed, what the host has to read first, and what of the answer the component may see.
//!
//! Pure. Whether a rule matches at all, by path, is decided before; this module can only refuse or narrow.

mod answer;
mod lookup;
mod reference;
mod search;

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::bounds::container;
use crate::catalogue::{Place, Slot, SlotKind};
use crate::evaluate::Request;
use crate::vocabulary::{Class, Deployment, Product};
pub use lookup::Lookup;
use reference::{Named, Reference, project_of_issue};
use search::{Language, Search};

/// What a request and its answer may name: the union over all rules that allow the request, for a rule more never
/// takes anything away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    product: Product,
    deployment: Deployment,
    keys: BTreeSet<String>,
    /// The same as numbers, where the site was asked for them.
    space_ids: BTreeSet<String>,
    /// Those that the request names, and that have to be among them.
    pub(crate) space_numbers: BTreeSet<String>,
}

/// A request's body, as far as it is there to be looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyView<'a> {
    /// There is none, or nothing is known of it but its length.
    Unseen,
    /// Something else than JSON.
    Opaque,
    Json(&'a [u8]),
}

/// A request that is held to something, with the places in which its route names things.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) scope: Scope,
    pub(crate) slots: Vec<Slot>,
    pub(crate) narrowed: Narrowed,
}

/// What has to happen to a request before it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Narrowed {
    /// In the order in which they have to be asked.
    pub(crate) lookups: BTreeSet<Lookup>,
    /// Spaces that Cloud's numbers stand for; judged once those are known.
    pub(crate) space_numbers: BTreeSet<String>,
    pub(crate) query: Option<Vec<(String, String)>>,
    pub(crate) json: Option<Vec<u8>>,
}

/// What every refusal of this module begins with. Audit logs keep the sentence, and it says that the log alone does not
/// tell what would be decided now.
pub(crate) const BEYOND_PATH: &str = "beyond its path, ";

/// A body that names more things than this is no request of a tool.
const MOST_LOOKUPS: usize = 8;

impl Scope {
    pub(crate) const fn new(
        product: Product,
        deployment: Deployment,
        keys: BTreeSet<String>,
    ) -> Self {
        Self {
            product,
            deployment,
            keys,
            space_ids: BTreeSet::new(),
            space_numbers: BTreeSet::new(),
        }
    }

    /// Everything beside the keys in the path. `Err` says what is outside, in words.
    pub(crate) fn narrow(
        &self,
        request: &Request<'_>,
        slots: &[Slot],
        params: &[(String, String)],
        class: Class,
    ) -> Result<Narrowed, String> {
        self.narrow_all(request, slots, params, class)
            .map_err(|reason| format!("{BEYOND_PATH}{reason}"))
    }

    fn narrow_all(
        &self,
        request: &Request<'_>,
        slots: &[Slot],
        params: &[(String, String)],
        class: Class,
    ) -> Result<Narrowed, String> {
        let mut narrowed = Narrowed::default();
        // The numbers are what Cloud's second interface speaks of spaces by.
        if self.product == Product::Confluence
            && request
                .segments
                .get(..3)
                .is_some_and(|path| path == ["wiki", "api", "v2"])
        {
            narrowed.lookups.insert(Lookup::Spaces(self.keys.clone()));
        }
        self.look_at_path(slots, params, class, &mut narrowed)?;
        self.narrow_query(request, slots, class, &mut narrowed)?;
        self.narrow_body(request.body, slots, class, &mut narrowed)?;
        if narrowed.lookups.len() > MOST_LOOKUPS {
            return Err(format!(
                "it names {} things that the host would have to look up; at most {MOST_LOOKUPS} are",
                narrowed.lookups.len()
            ));
        }
        Ok(narrowed)
    }

    /// The list, for messages.
    pub(crate) fn which(&self) -> String {
        format!("the rules for it hold {self} only")
    }

    /// A key in the path is in the list already; what it stands for may have moved, and a number tells nothing.
    fn look_at_path(
        &self,
        slots: &[Slot],
        params: &[(String, String)],
        class: Class,
        narrowed: &mut Narrowed,
    ) -> Result<(), String> {
        for slot in slots.iter().filter(|slot| slot.place == Place::Path) {
            let lookup = match slot.kind {
                SlotKind::Issue => Lookup::issue,
                SlotKind::Page => Lookup::page,
                _ => continue,
            };
            if class == Class::Read && answer::tells_place(slots) {
                continue;
            }
            for (_, value) in params.iter().filter(|(kind, _)| kind == slot.at) {
                narrowed
                    .lookups
                    .insert(lookup(value).ok_or_else(|| not_understood(value))?);
            }
        }
        Ok(())
    }

    fn narrow_query(
        &self,
        request: &Request<'_>,
        slots: &[Slot],
        class: Class,
        narrowed: &mut Narrowed,
    ) -> Result<(), String> {
        let mut query = request.query.to_vec();
        for slot in slots.iter().filter(|slot| slot.place == Place::Query) {
            let language = language_of(slot.kind);
            let given = query.iter_mut().find(|(name, _)| name == slot.at);
            let Some((_, value)) = given else {
                // Without its search the route would list everything.
                if let Some(language) = language {
                    query.push((slot.at.to_owned(), self.wrap(language, "")?));
                }
                continue;
            };
            if let Some(language) = language {
                *value = self.wrap(language, value)?;
                continue;
            }
            let named = named_of(slot.kind);
            // Lists of keys are separated by commas.
            for text in value.split(',').filter(|text| !text.is_empty()) {
                if let Some(named) = named {
                    let text = text.to_owned();
                    self.judge(&Reference { named, text }, class, narrowed)?;
                }
            }
        }
        if query != request.query {
            narrowed.query = Some(query);
        }
        Ok(())
    }

    fn narrow_body(
        &self,
        body: BodyView<'_>,
        slots: &[Slot],
        class: Class,
        narrowed: &mut Narrowed,
    ) -> Result<(), String> {
        let mut own = slots.iter().filter(|slot| slot.place == Place::Body);
        let text = match body {
            BodyView::Unseen => return Ok(()),
            BodyView::Opaque if own.next().is_none() => return Ok(()),
            BodyView::Opaque => {
                return Err("its body is no JSON, so nobody can see what it names".to_owned());
            }
            BodyView::Json(text) => text,
        };
        let mut body: Value = serde_json::from_slice(text)
            .map_err(|error| format!("its body cannot be read as JSON: {error}"))?;
        for slot in own.filter(|slot| language_of(slot.kind).is_some()) {
            let (Some(language), Some(object)) = (language_of(slot.kind), body.as_object_mut())
            else {
                return Err("its body is no JSON object".to_owned());
            };
            let search = match object.get(slot.at) {
                None | Some(Value::Null) => "",
                Some(Value::String(search)) => search,
                Some(_) => return Err(format!("`{}` in its body is no text", slot.at)),
            };
            let wrapped = self.wrap(language, search)?;
            object.insert(slot.at.to_owned(), Value::String(wrapped));
        }
        let found = reference::in_body(self.product, &body).map_err(|error| {
            format!(
                "its body names a {} in a way that is not understood; name it by its key",
                error.member
            )
        })?;
        for reference in &found {
            self.judge(reference, class, narrowed)?;
        }
        // Written anew, so that a member that stands twice means one thing to everybody.
        narrowed.json = Some(body.to_string().into_bytes());
        Ok(())
    }

    fn wrap(&self, language: Language, text: &str) -> Result<String, String> {
        let search = Search::read(text)
            .map_err(|error| format!("its search cannot be narrowed: {error}"))?;
        if language == Language::Jql {
            let is_outside = |value: &&str| {
                project_of_issue(value)
                    .is_some_and(|project| !self.keys.contains(&project.to_uppercase()))
            };
            let outside = search.issues().into_iter().find(is_outside);
            if let Some(value) = outside {
                return Err(format!("its search names {value}, {}", self.which()));
            }
        }
        Ok(search.within(language, &self.keys))
    }

    /// `Err` where the reference is outside; what can't be said yet is noted down to be looked up.
    fn judge(
        &self,
        reference: &Reference,
        class: Class,
        narrowed: &mut Narrowed,
    ) -> Result<(), String> {
        let Reference { named, text } = reference;
        let is_number = text.bytes().all(|b| b.is_ascii_digit());
        let key = match named {
            Named::Issue => project_of_issue(text).unwrap_or(text),
            _ => text,
        };
        let has_key = matches!(named, Named::Issue | Named::Project | Named::Space);
        let is_known_number = is_number && *named != Named::Space;
        if has_key && !is_known_number && !self.keys.contains(key) {
            return Err(format!("it names {text}, {}", self.which()));
        }
        let lookup = match named {
            Named::Space => return Ok(()),
            // Reading what a key stood for before it moved is stopped at the answer.
            Named::Issue | Named::Project if !is_number && class == Class::Read => return Ok(()),
            Named::Issue => Lookup::issue(text),
            Named::Project => Lookup::project(text),
            Named::Page => Lookup::page(text),
            Named::SpaceId if self.deployment == Deployment::Cloud => {
                narrowed.space_numbers.insert(text.clone());
                Some(Lookup::Spaces(self.keys.clone()))
            }
            Named::SpaceId => None,
        };
        narrowed
            .lookups
            .insert(lookup.ok_or_else(|| not_understood(text))?);
        Ok(())
    }
}

/// `project OPS, PROJ`
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        write!(f, "{} {}", container(self.product), keys.join(", "))
    }
}

/// What a body names, as it stands there.
#[cfg(test)]
pub(crate) fn in_body(product: Product, body: &Value) -> Result<Vec<String>, String> {
    let found = reference::in_body(product, body).map_err(|error| error.member)?;
    Ok(found.into_iter().map(|reference| reference.text).collect())
}

const fn language_of(kind: SlotKind) -> Option<Language> {
    match kind {
        SlotKind::Jql => Some(Language::Jql),
        SlotKind::Cql => Some(Language::Cql),
        _ => None,
    }
}

const fn named_of(kind: SlotKind) -> Option<Named> {
    match kind {
        SlotKind::Project => Some(Named::Project),
        SlotKind::Issue => Some(Named::Issue),
        SlotKind::Space => Some(Named::Space),
        SlotKind::SpaceId => Some(Named::SpaceId),
        SlotKind::Page => Some(Named::Page),
        SlotKind::Jql | SlotKind::Cql | SlotKind::Nothing => None,
    }
}

fn not_understood(text: &str) -> String {
    format!("it names {text:?}, which is neither a key nor a number that could be looked up")
}
