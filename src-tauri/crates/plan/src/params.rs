//! What a strategy lets the operator choose: the form of the window, `--set` of the command line and the check of a plan
//! file are all drawn from one list.

use model::{Sentence, sentence};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::plan::PlanError;

/// The parameters of a strategy, in the order of the form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParamSchema {
    /// Parameters.
    pub params: Vec<Param>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Param {
    /// Key: `soak`.
    pub name: &'static str,
    /// What it may be.
    pub kind: ParamKind,
    /// Value when it is left out; `null` = derived from the target, as `doc` says.
    pub default: Value,
    /// One line for people.
    pub doc: &'static str,
}

/// What a parameter may be.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum ParamKind {
    /// Whole number within bounds.
    Integer {
        /// `s`, `pods`; empty for a bare number.
        unit: &'static str,
        /// Smallest value.
        min: u32,
        /// Largest value.
        max: u32,
    },
    /// One of these.
    Choice {
        /// Options.
        options: &'static [&'static str],
    },
    /// One line.
    Text,
    /// Several lines.
    TextList,
}

impl ParamSchema {
    /// The parameters as given, checked, with the defaults filled in, in the order of the schema. `null` counts as left
    /// out.
    pub fn fill(&self, given: &Value) -> Result<Map<String, Value>, PlanError> {
        let none = Map::new();
        let given = match given {
            Value::Null => &none,
            Value::Object(map) => map,
            _ => return Err(wrong("(all)", sentence!("must be an object of names and values"))),
        };
        if let Some(unknown) = given.keys().find(|k| !self.params.iter().any(|p| p.name == k.as_str())) {
            return Err(wrong(unknown, sentence!("not known; there are {names}", names = self.names())));
        }
        let mut filled = Map::new();
        for p in &self.params {
            let value = match given.get(p.name) {
                None | Some(Value::Null) => p.default.clone(),
                Some(v) => p.check(v)?,
            };
            filled.insert(p.name.to_string(), value);
        }
        Ok(filled)
    }

    /// Reads a value as it is typed after `NAME=`; a list is split at commas.
    pub fn parse(&self, name: &str, text: &str) -> Result<Value, PlanError> {
        let Some(p) = self.params.iter().find(|p| p.name == name) else {
            return Err(wrong(name, sentence!("not known; there are {names}", names = self.names())));
        };
        let value = match p.kind {
            ParamKind::Integer { .. } => json!(text.parse::<i64>().map_err(|_| wrong(name, sentence!("must be a whole number")))?),
            ParamKind::TextList => json!(text.split(',').map(str::trim).filter(|t| !t.is_empty()).collect::<Vec<_>>()),
            ParamKind::Choice { .. } | ParamKind::Text => json!(text),
        };
        p.check(&value)
    }

    fn names(&self) -> String {
        self.params.iter().map(|p| p.name).collect::<Vec<_>>().join(", ")
    }
}

impl Param {
    fn check(&self, value: &Value) -> Result<Value, PlanError> {
        let fits = match &self.kind {
            ParamKind::Integer { min, max, .. } => value.as_u64().is_some_and(|n| (u64::from(*min)..=u64::from(*max)).contains(&n)),
            ParamKind::Choice { options } => value.as_str().is_some_and(|s| options.contains(&s)),
            ParamKind::Text => value.is_string(),
            ParamKind::TextList => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
        };
        match fits {
            true => Ok(value.clone()),
            false => Err(wrong(self.name, self.expects())),
        }
    }

    fn expects(&self) -> Sentence {
        match &self.kind {
            ParamKind::Integer { unit: "", min, max } => sentence!("must be a whole number from {min} to {max}", min, max),
            ParamKind::Integer { unit, min, max } => sentence!("must be a whole number from {min} to {max} {unit}", min, max, unit),
            ParamKind::Choice { options } => sentence!("must be one of {options}", options = options.join(", ")),
            ParamKind::Text => sentence!("must be a text"),
            ParamKind::TextList => sentence!("must be a list of texts"),
        }
    }
}

/// A number of a filled map that the schema has checked.
pub fn number(filled: &Map<String, Value>, name: &str) -> Option<u32> {
    filled.get(name)?.as_u64().and_then(|n| u32::try_from(n).ok())
}

/// A text of a filled map.
pub fn text<'a>(filled: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    filled.get(name)?.as_str()
}

/// A list of texts of a filled map.
pub fn texts(filled: &Map<String, Value>, name: &str) -> Vec<String> {
    let all = filled.get(name).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str).map(str::to_string).collect()
}

/// The error of a parameter.
pub fn wrong(name: &str, why: Sentence) -> PlanError {
    PlanError::Param { name: name.to_string(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> ParamSchema {
        let soak = Param { name: "soak", kind: ParamKind::Integer { unit: "s", min: 0, max: 9 }, default: json!(5), doc: "" };
        let probes = Param { name: "probes", kind: ParamKind::TextList, default: json!([]), doc: "" };
        ParamSchema { params: vec![soak, probes] }
    }

    #[test]
    fn what_is_left_out_gets_its_default() {
        let filled = schema().fill(&json!({"soak":null})).expect("fits");
        assert_eq!(Value::Object(filled), json!({"soak":5,"probes":[]}));
    }

    #[test]
    fn unknown_names_and_values_out_of_range_are_refused() {
        let said = |v| schema().fill(&v).expect_err("refused").to_string();
        assert_eq!(said(json!({"sock":1})), "parameter sock: not known; there are soak, probes");
        assert_eq!(said(json!({"soak":10})), "parameter soak: must be a whole number from 0 to 9 s");
        assert_eq!(said(json!({"soak":-1})), "parameter soak: must be a whole number from 0 to 9 s");
    }

    #[test]
    fn typed_lists_are_split_at_commas() {
        assert_eq!(schema().parse("probes", "http://a, http://b").expect("fits"), json!(["http://a", "http://b"]));
        assert_eq!(schema().parse("probes", "").expect("fits"), json!([]), "none, which is not the same as left out");
        assert!(schema().parse("soak", "soon").is_err());
    }
}
