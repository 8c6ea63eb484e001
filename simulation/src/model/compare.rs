//! Compares an answer with the one that it should be. Ids that no answer has told are bound to those at their places.

use serde_json::Value;

use super::id::Id;
use super::{Finding, Model};

/// The unknown ids of an expected answer, with those of the actual one.
#[derive(Default)]
pub(super) struct Bindings {
    pub(super) found: Vec<(Id, Id)>,
    /// Whether the moment of a token's last use is one of several.
    has_range: bool,
}

impl Bindings {
    /// Compares two answers that are not the same bytes.
    pub(super) fn of(model: &Model, expected: &str, actual: &str) -> Result<Bindings, Finding> {
        let read = |text: &str| serde_json::from_str::<Value>(text);
        let expected =
            read(expected).map_err(|error| format!("the model wrote no JSON: {error}"))?;
        let actual = read(actual).map_err(|error| format!("the body is no JSON: {error}"))?;
        let mut bindings = Bindings::default();
        bindings.compare(model, &expected, &actual, "")?;
        match bindings.found.is_empty() && !bindings.has_range {
            true => Err("the members of the answer stand in another order".to_owned()),
            false => Ok(bindings),
        }
    }

    fn compare(
        &mut self,
        model: &Model,
        expected: &Value,
        actual: &Value,
        path: &str,
    ) -> Result<(), Finding> {
        match (expected, actual) {
            (Value::Object(wanted), Value::Object(found)) => {
                if let Some(key) = found.keys().find(|key| !wanted.contains_key(*key)) {
                    return Err(format!("the answer has a member {path}.{key} too many"));
                }
                for (key, value) in wanted {
                    let Some(other) = found.get(key) else {
                        return Err(format!("the answer has no member {path}.{key}"));
                    };
                    self.compare(model, value, other, &format!("{path}.{key}"))?;
                }
                Ok(())
            }
            (Value::Array(wanted), Value::Array(found)) => {
                if wanted.len() != found.len() {
                    return Err(format!(
                        "{path} has {} items, and should have {}",
                        found.len(),
                        wanted.len()
                    ));
                }
                for (index, (value, other)) in wanted.iter().zip(found).enumerate() {
                    self.compare(model, value, other, &format!("{path}.{index}"))?;
                }
                Ok(())
            }
            (Value::Object(range), found) if path.ends_with(".last_used_at") => {
                // Hours as texts compare as the hours do, and null is before all of them.
                self.has_range = true;
                let text = |value: &Value| value.as_str().map(str::to_owned);
                let found = text(found);
                let is_within = text(&range["from"]) <= found && found <= text(&range["to"]);
                is_within
                    .then_some(())
                    .ok_or_else(|| format!("{path} is {found:?}, and should be within {range:?}"))
            }
            (Value::String(wanted), Value::String(found)) if wanted != found => {
                let ids = Id::parse(wanted).zip(Id::parse(found));
                match ids.filter(|(wanted, found)| {
                    model.is_unknown(*wanted) && wanted.partition() == found.partition()
                }) {
                    Some(pair) if self.is_new(pair) => {
                        if !self.found.contains(&pair) {
                            self.found.push(pair);
                        }
                        Ok(())
                    }
                    _ => Err(format!("{path} is {found}, and should be {wanted}")),
                }
            }
            _ if expected == actual => Ok(()),
            _ => Err(format!("{path} is {actual}, and should be {expected}")),
        }
    }

    /// Whether two ids may be one: neither is bound to another.
    fn is_new(&self, (unknown, known): (Id, Id)) -> bool {
        self.found
            .iter()
            .all(|(a, b)| (*a == unknown) == (*b == known))
    }
}
