//! What of an answer a bound rule lets through: everything that names another project or space as a thing is replaced,
//! visibly; prose stays as it is.
//!
//! The search has been narrowed and the path looked at before; this is the second lock, and the only one for what
//! hangs on an issue or a page: parents, sub-tasks, links, epics, containers.

use serde_json::{Map, Value};

use super::Scope;
use super::reference::{Named, is_document, is_prose, named_by_member, project_of_issue, scalar};
use crate::catalogue::{Place, Slot, SlotKind};
use crate::vocabulary::{Class, Product};

/// What stands where something was.
pub(crate) const HIDDEN: &str = "hidden by rule";

/// Members that say what the site calls its fields, member by member.
const DESCRIBES_FIELDS: [&str; 2] = ["names", "schema"];

/// Where an object says that it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Inside,
    Outside,
    /// It is nothing that stands anywhere, or it does not tell.
    Unsaid,
}

/// Whether a reading route's answer itself says where the thing in the path stands, so that nobody has to ask before.
pub(super) fn tells_place(slots: &[Slot]) -> bool {
    slots.iter().any(is_of_whole)
}

/// Not of an element of a list.
fn is_of_whole(slot: &Slot) -> bool {
    slot.place == Place::Answer && slot.kind != SlotKind::Nothing && !slot.at.contains("[]")
}

impl Scope {
    /// The body that the component gets. `Err` says why it gets nothing.
    pub(crate) fn filter(
        &self,
        slots: &[Slot],
        class: Class,
        status: u16,
        body: &[u8],
    ) -> Result<Vec<u8>, String> {
        if body.is_empty() {
            return Ok(Vec::new());
        }
        let is_success = (200..300).contains(&status);
        let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
            // The page of a proxy or of a login.
            return if is_success {
                Err("the answer is no JSON, so nobody can see what it names".to_owned())
            } else {
                Ok(Vec::new())
            };
        };
        if is_success && class == Class::Read && tells_place(slots) {
            match self.place_of(&value, whole_kind(slots)) {
                Stands::Inside => {}
                Stands::Outside => {
                    return Err(format!(
                        "what was asked for stands elsewhere by now: {}",
                        self.which()
                    ));
                }
                Stands::Unsaid => return Err("the answer does not say where it stands".to_owned()),
            }
        }
        if is_success {
            for slot in slots.iter().filter(|slot| slot.place == Place::Answer) {
                self.hide_elements(&mut value, slot);
            }
        }
        self.hide(&mut value, "", None);
        Ok(value.to_string().into_bytes())
    }

    /// Every element of a list that a slot speaks of has to say that it is inside.
    fn hide_elements(&self, answer: &mut Value, slot: &Slot) {
        let Some((list, _)) = slot.at.split_once("[]") else {
            return;
        };
        let list = list
            .split('.')
            .filter(|member| !member.is_empty())
            .try_fold(answer, |value, member| value.get_mut(member));
        let items = list.and_then(Value::as_array_mut).into_iter().flatten();
        for item in items {
            if self.place_of(item, named_by_slot(slot.kind)) != Stands::Inside {
                hide_whole(item);
            }
        }
    }

    fn hide(&self, value: &mut Value, member: &str, named: Option<Named>) {
        if self.place_of(value, named) == Stands::Outside {
            return hide_whole(value);
        }
        match value {
            Value::Object(object) if is_document(object) => {}
            Value::Object(object) => {
                for (member, child) in object {
                    if !DESCRIBES_FIELDS.contains(&member.as_str()) {
                        self.hide(child, member, named_by_member(self.product, member));
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.hide(item, member, named);
                }
            }
            Value::String(text) => {
                if !is_prose(self.product, member) && self.is_outside(text, named) {
                    HIDDEN.clone_into(text);
                }
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    /// A string that is nothing but a key or an address.
    fn is_outside(&self, text: &str, named: Option<Named>) -> bool {
        if text == HIDDEN {
            return false;
        }
        let is_key = match named {
            Some(Named::Project | Named::Space) => !text.bytes().all(|b| b.is_ascii_digit()),
            _ => false,
        };
        if is_key && !text.contains('/') {
            return !self.keys.contains(text);
        }
        match self.product {
            Product::Jira => {
                let issue = project_of_issue(text).filter(|project| {
                    // Words like `utf-8` are no keys, except where an issue is meant.
                    named == Some(Named::Issue) || !project.bytes().any(|b| b.is_ascii_lowercase())
                });
                let addressed = issue.or_else(|| project_of_address(text));
                addressed.is_some_and(|project| !self.has(project))
            }
            Product::Confluence => space_of_address(text).is_some_and(|space| !self.has(&space)),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    fn of_key(&self, key: &str) -> Stands {
        if self.has(key) {
            Stands::Inside
        } else {
            Stands::Outside
        }
    }

    fn place_of(&self, value: &Value, named: Option<Named>) -> Stands {
        let Value::Object(object) = value else {
            return Stands::Unsaid;
        };
        match self.product {
            Product::Jira => self.place_in_jira(object, named),
            Product::Confluence => self.place_in_confluence(object, named),
        }
    }

    fn place_in_jira(&self, object: &Map<String, Value>, named: Option<Named>) -> Stands {
        let text = |member: &str| object.get(member).and_then(Value::as_str);
        // Data Center's people have keys too.
        if object.contains_key("displayName") || is_field(object) {
            return Stands::Unsaid;
        }
        if is_change(object) {
            return self.place_of_change(object);
        }
        let by_issue = ["key", "issueKey"]
            .into_iter()
            .find_map(|member| project_of_issue(text(member)?));
        if let Some(project) = by_issue {
            return self.of_key(project);
        }
        if let Some(project) = text("projectKey") {
            return self.of_key(project);
        }
        let own_address = text("self").unwrap_or_default();
        let is_project = named == Some(Named::Project)
            || object.contains_key("projectTypeKey")
            || own_address.contains("/project/");
        if is_project {
            return text("key").map_or(Stands::Outside, |key| self.of_key(key));
        }
        let is_issue = named == Some(Named::Issue)
            || (object.contains_key("fields") && own_address.contains("/issue/"));
        if is_issue {
            return Stands::Outside;
        }
        Stands::Unsaid
    }

    /// An entry of an issue's history: what it was linked to stands in four members and in a sentence.
    fn place_of_change(&self, object: &Map<String, Value>) -> Stands {
        let values = ["from", "to", "fromString", "toString"]
            .into_iter()
            .filter_map(|member| object.get(member)?.as_str());
        let is_link = object
            .get("field")
            .and_then(Value::as_str)
            .is_some_and(|field| {
                ["link", "epic", "parent", "project", "key"]
                    .iter()
                    .any(|word| field.to_lowercase().contains(word))
            });
        let mut words = values.flat_map(|value| value.split([' ', ',', ';']));
        let is_outside = words.any(|word| {
            let issue = project_of_issue(word)
                .filter(|project| is_link || !project.bytes().any(|b| b.is_ascii_lowercase()));
            issue.is_some_and(|project| !self.has(project))
        });
        let names_project = object.get("field").and_then(Value::as_str) == Some("project");
        if is_outside || names_project {
            Stands::Outside
        } else {
            Stands::Unsaid
        }
    }

    /// Any sign of another space weighs more than one of an own.
    fn place_in_confluence(&self, object: &Map<String, Value>, named: Option<Named>) -> Stands {
        let mut signs: Vec<Stands> = Vec::new();
        let text = |member: &str| object.get(member).and_then(Value::as_str);
        let by_number = |id: &Value| scalar(id).map(|id| self.space_ids.contains(&id));
        let is_space = named == Some(Named::Space) || is_space(object);
        if is_space {
            signs.push(match text("key") {
                Some(key) => self.of_key(key),
                None => Stands::Outside,
            });
        }
        if let Some(is_own) = object.get("spaceId").and_then(by_number) {
            signs.push(if is_own {
                Stands::Inside
            } else {
                Stands::Outside
            });
        }
        if let Some(key) = text("spaceKey") {
            signs.push(self.of_key(key));
        }
        if let Some(Value::Object(space)) = object.get("space") {
            signs.push(self.place_in_confluence(space, Some(Named::Space)));
        }
        for part in ["content", "container"] {
            if let Some(Value::Object(part)) = object.get(part) {
                signs.push(self.place_in_confluence(part, None));
            }
        }
        let addresses = [
            text("url"),
            text("webui"),
            nested(object, "_links", "webui"),
            nested(object, "_expandable", "space"),
            nested(object, "_expandable", "container"),
            nested(object, "resultGlobalContainer", "displayUrl"),
            nested(object, "resultParentContainer", "displayUrl"),
        ];
        let spaces = addresses.into_iter().flatten().filter_map(space_of_address);
        signs.extend(spaces.map(|space| self.of_key(&space)));
        if signs.contains(&Stands::Outside) {
            Stands::Outside
        } else if signs.contains(&Stands::Inside) {
            Stands::Inside
        } else {
            Stands::Unsaid
        }
    }
}

fn whole_kind(slots: &[Slot]) -> Option<Named> {
    let slot = slots.iter().find(|slot| is_of_whole(slot))?;
    // What has a space is no space.
    match slot.kind {
        SlotKind::Issue => Some(Named::Issue),
        SlotKind::Project => Some(Named::Project),
        _ => None,
    }
}

const fn named_by_slot(kind: SlotKind) -> Option<Named> {
    match kind {
        SlotKind::Issue => Some(Named::Issue),
        SlotKind::Project => Some(Named::Project),
        SlotKind::Space => Some(Named::Space),
        _ => None,
    }
}

fn is_change(object: &Map<String, Value>) -> bool {
    object.contains_key("field")
        && (object.contains_key("fromString") || object.contains_key("toString"))
}

/// A field's description is called like what the field holds.
fn is_field(object: &Map<String, Value>) -> bool {
    object.contains_key("schema") && object.contains_key("required")
}

/// A space as such: its type tells it from everything that is kept in one.
fn is_space(object: &Map<String, Value>) -> bool {
    let kind = object.get("type").and_then(Value::as_str);
    object.contains_key("key")
        && matches!(
            kind,
            Some(
                "global"
                    | "personal"
                    | "collaboration"
                    | "knowledge_base"
                    | "onboarding"
                    | "system"
            )
        )
}

fn nested<'a>(object: &'a Map<String, Value>, member: &str, inner: &str) -> Option<&'a str> {
    object.get(member)?.get(inner)?.as_str()
}

/// The segments of something that is an address and nothing else.
fn segments_of_address(text: &str) -> Option<impl Iterator<Item = &str>> {
    let rest = match text.split_once("://") {
        Some(("http" | "https", rest)) => rest,
        Some(_) => return None,
        None => text.strip_prefix('/')?,
    };
    let is_address = !text.contains(char::is_whitespace);
    is_address.then(|| rest.split(['?', '#']).next().unwrap_or_default().split('/'))
}

/// The project of `/browse/PROJ-1`, `/rest/api/2/issue/PROJ-1/comment` or `/projects/PROJ`.
fn project_of_address(text: &str) -> Option<&str> {
    let mut before = "";
    for segment in segments_of_address(text)? {
        match before {
            "browse" | "issue" | "issues" => {
                if let Some(project) = project_of_issue(segment) {
                    return Some(project);
                }
            }
            "project" | "projects" if is_key_like(segment) => return Some(segment),
            _ => {}
        }
        before = segment;
    }
    None
}

fn is_key_like(segment: &str) -> bool {
    segment.len() > 1
        && segment
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && !segment.bytes().all(|b| b.is_ascii_digit())
}

/// The space of `/spaces/DOCS/pages/1`, `/display/DOCS/Title` or `/rest/api/space/DOCS`.
fn space_of_address(text: &str) -> Option<String> {
    let mut segments = segments_of_address(text)?;
    segments.find(|segment| matches!(*segment, "spaces" | "space" | "display"))?;
    let key = segments.next()?.replace("%7E", "~").replace("%7e", "~");
    let is_key = !key.is_empty() && !key.contains('.');
    is_key.then_some(key)
}

/// As little as lets the component's reader go on: the members that say what a thing is, all of one word.
fn hide_whole(value: &mut Value) {
    let Value::Object(object) = value else {
        *value = Value::from(HIDDEN);
        return;
    };
    let mut left = Map::new();
    for member in ["id", "key", "name", "title", "type"] {
        if object.contains_key(member) {
            left.insert(member.to_owned(), Value::from(HIDDEN));
        }
    }
    left.insert("hidden".to_owned(), Value::from(HIDDEN));
    *object = left;
}
