//! Which fields of an issue a caller wants: `*all`, `*navigable`, names, `-name`.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Nothing,
    Navigable,
    Everything,
}

/// Fields that lists leave out unless they are named.
const NOT_NAVIGABLE: &[&str] = &["comment", "worklog", "attachment", "timetracking"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    base: Base,
    named: Vec<String>,
    left_out: Vec<String>,
}

impl Selection {
    pub(super) fn everything() -> Self {
        Self::of(Base::Everything)
    }

    pub(super) fn navigable() -> Self {
        Self::of(Base::Navigable)
    }

    /// A list that only takes fields away takes them from `otherwise`.
    pub(super) fn parse<'a>(words: impl Iterator<Item = &'a str>, otherwise: &Self) -> Self {
        let mut selection = Self::of(Base::Nothing);
        let mut adds = false;
        for word in words {
            match word {
                "*all" => selection.base = Base::Everything,
                "*navigable" if selection.base == Base::Nothing => selection.base = Base::Navigable,
                "*navigable" => {}
                _ => {
                    if let Some(word) = word.strip_prefix('-') {
                        selection.left_out.push(word.to_owned());
                        continue;
                    }
                    selection.named.push(word.to_owned());
                }
            }
            adds = true;
        }
        if !adds {
            selection.base = otherwise.base;
            selection.named.clone_from(&otherwise.named);
        }
        selection
    }

    pub(super) fn contains(&self, field: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|name| name == field);
        if listed(&self.left_out) {
            return false;
        }
        match self.base {
            Base::Everything => true,
            Base::Navigable => !NOT_NAVIGABLE.contains(&field) || listed(&self.named),
            Base::Nothing => listed(&self.named),
        }
    }

    /// Asks for nothing beyond what names the issue.
    pub(super) fn is_identity(&self) -> bool {
        self.base == Base::Nothing && self.named.iter().all(|name| name == "id" || name == "key")
    }

    /// Asks for the id alone, which is what Cloud's search gives to who does not choose.
    pub(super) fn is_id(&self) -> bool {
        self.is_identity() && !self.named.iter().any(|name| name == "key")
    }

    fn of(base: Base) -> Self {
        Self {
            base,
            named: Vec::new(),
            left_out: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_fields_selects_as_jira_does() {
        for (list, inside, outside) in [
            (
                "summary,status",
                &["summary", "status"][..],
                &["description", "comment"][..],
            ),
            ("*all", &["summary", "comment"], &[]),
            ("*all,-comment", &["summary"], &["comment"]),
            ("*navigable", &["summary"], &["comment", "worklog"]),
            ("*navigable,comment", &["summary", "comment"], &["worklog"]),
            ("-description", &["summary", "comment"], &["description"]),
            ("", &["summary", "comment"], &[]),
        ] {
            let words = list.split(',').filter(|word| !word.is_empty());
            let selection = Selection::parse(words, &Selection::everything());
            for field in inside {
                assert!(selection.contains(field), "`{list}` leaves out {field}");
            }
            for field in outside {
                assert!(!selection.contains(field), "`{list}` takes {field}");
            }
        }
        let ids = Selection::parse(["id", "key"].into_iter(), &Selection::everything());
        assert!(ids.is_identity() && !ids.is_id());
    }
}
