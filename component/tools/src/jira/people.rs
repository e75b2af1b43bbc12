//! Who is meant by a name, an e-mail, an id or "me". Never guesses between two people.

use serde_json::Value;

use super::client::Jira;
use crate::error::ToolError;
use crate::reading::{flag, line};
use crate::text;

impl Jira<'_> {
    /// What names the person in a request; null for nobody.
    pub(crate) fn person(&self, given: &str) -> Result<Value, ToolError> {
        let given = given.trim();
        match given.to_lowercase().as_str() {
            "" | "none" | "nobody" | "unassigned" => return Ok(Value::Null),
            "me" | "myself" | "currentuser()" => {
                let user = self
                    .site
                    .send("read who you are", &self.dialect.myself())?
                    .json()?;
                return self.reference(&user, given);
            }
            _ => {}
        }
        let bare = given.strip_prefix("accountid:").unwrap_or(given);
        if self.dialect.is_user_id(bare) {
            return Ok(self.dialect.user_reference(bare));
        }
        let answer = self
            .site
            .send(
                &format!("look for the user `{}`", text::one_line(given)),
                &self.dialect.search_users(given),
            )?
            .json()?;
        let found: Vec<&Value> = answer
            .as_array()
            .into_iter()
            .flatten()
            .filter(|user| is_person(user))
            .collect();
        let exact: Vec<&Value> = found
            .iter()
            .copied()
            .filter(|user| is_called(user, given))
            .collect();
        match (exact.as_slice(), found.as_slice()) {
            ([user], _) | ([], [user]) => self.reference(user, given),
            ([], []) => Err(ToolError::arguments(format!("no active user matches `{}`", text::one_line(given)))
                .advise("Try the full display name, or the account id or user name; e-mail addresses can be hidden.")),
            ([], several) | (several, _) => {
                let mut names: Vec<String> = several.iter().map(|user| self.described(user)).collect();
                names.truncate(10);
                Err(ToolError::arguments(format!("several users match `{}`; give one by id:\n- {}", text::one_line(given), names.join("\n- "))))
            }
        }
    }

    fn reference(&self, user: &Value, given: &str) -> Result<Value, ToolError> {
        let id = self.dialect.user_id(user);
        id.map(|id| self.dialect.user_reference(&id))
            .ok_or_else(|| {
                ToolError::arguments(format!(
                    "the user `{}` has no id that could be set",
                    text::one_line(given)
                ))
            })
    }

    fn described(&self, user: &Value) -> String {
        let name = line(user, "displayName").unwrap_or_else(|| "(no name)".to_owned());
        let address =
            line(user, "emailAddress").map_or_else(String::new, |address| format!(" <{address}>"));
        format!(
            "{name}{address}: {}",
            self.dialect.user_id(user).unwrap_or_default()
        )
    }
}

/// Not an app, not switched off.
fn is_person(user: &Value) -> bool {
    flag(user, "active") != Some(false)
        && line(user, "accountType").is_none_or(|kind| kind == "atlassian" || kind == "customer")
}

fn is_called(user: &Value, given: &str) -> bool {
    let given = given.to_lowercase();
    ["displayName", "name", "emailAddress", "key"]
        .iter()
        .any(|path| line(user, path).is_some_and(|known| known.to_lowercase() == given))
}
