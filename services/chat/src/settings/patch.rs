//! Reads a change of settings: an object with some of the fields. Each wrong field is named; unknown fields are ignored.

use super::{MAX_FOLLOWED_MIN, MAX_SLOW_S, Measure, Settings};
use serde_json::{Map, Value};
use streamly_status::FieldError;

impl Settings {
    /// The settings after the change. Shield goes first, so that what is named beside it counts. Without `email_verification` nobody's address
    /// can be confirmed: shield leaves that out, and it cannot be turned on. Errors: every field that is wrong.
    pub fn patched(
        &self,
        change: &Map<String, Value>,
        email_verification: bool,
    ) -> Result<Self, Vec<FieldError>> {
        let mut next = self.clone();
        let mut read = Reader { of: change, under: "", errors: Vec::new() };
        let mut shield = next.shield;
        read.flag("shield", &mut shield);
        next.switch_shield(shield, email_verification);
        read.number("slow_s", MAX_SLOW_S, &mut next.slow_s);
        read.optional("followers_only_min", MAX_FOLLOWED_MIN, &mut next.followers_only_min);
        read.flag("verified_only", &mut next.verified_only);
        read.flag("emote_only", &mut next.emote_only);
        read.flag("unique", &mut next.unique);
        read.flag("images", &mut next.images);
        read.measure("links", &mut next.links);
        let mut errors = read.errors;
        if change.get("verified_only") == Some(&Value::Bool(true)) && !email_verification {
            let detail = "This platform cannot confirm e-mail addresses: nobody could write.".into();
            errors.push(FieldError { field: "verified_only".into(), code: "unavailable", detail });
        }
        match change.get("rules") {
            None => {}
            Some(Value::Object(rules)) => {
                let mut read = Reader { of: rules, under: "rules.", errors: Vec::new() };
                let r = &mut next.rules;
                for (name, rule) in [
                    ("terms", &mut r.terms),
                    ("new_user_links", &mut r.new_user_links),
                    ("flood", &mut r.flood),
                    ("caps", &mut r.caps),
                    ("repeats", &mut r.repeats),
                ] {
                    read.measure(name, rule);
                }
                errors.append(&mut read.errors);
            }
            Some(_) => errors.push(wrong("rules".into(), "An object of rules.".into())),
        }
        if errors.is_empty() { Ok(next) } else { Err(errors) }
    }

    /// The settings with fields as they were: the first of each pair of [`Settings::changes_from`], where the second still holds.
    /// `None`: none of them does.
    pub fn taken_back(&self, changes: &Map<String, Value>, email_verification: bool) -> Option<Self> {
        let now = super::flat(self);
        let mut change = Map::new();
        for (name, pair) in changes {
            let (Some(before), Some(after)) = (pair.get(0), pair.get(1)) else { continue };
            if now.get(name) != Some(after) {
                continue;
            }
            match name.strip_prefix("rules.") {
                Some(rule) => {
                    let rules = change.entry("rules").or_insert_with(|| Value::Object(Map::new()));
                    if let Some(rules) = rules.as_object_mut() {
                        rules.insert(rule.into(), before.clone());
                    }
                }
                None => {
                    change.insert(name.clone(), before.clone());
                }
            }
        }
        if change.is_empty() { None } else { self.patched(&change, email_verification).ok() }
    }
}

/// Fields of one object.
struct Reader<'a> {
    of: &'a Map<String, Value>,
    under: &'static str,
    errors: Vec<FieldError>,
}

fn wrong(field: String, detail: String) -> FieldError {
    FieldError { field, code: "invalid", detail }
}

impl Reader<'_> {
    fn read<T>(
        &mut self,
        name: &str,
        into: &mut T,
        parse: impl Fn(&Value) -> Option<T>,
        detail: impl Fn() -> String,
    ) {
        match self.of.get(name).map(parse) {
            None => {}
            Some(Some(value)) => *into = value,
            Some(None) => self.errors.push(wrong(format!("{}{name}", self.under), detail())),
        }
    }

    fn flag(&mut self, name: &str, into: &mut bool) {
        self.read(name, into, Value::as_bool, || "True or false.".into());
    }

    fn number(&mut self, name: &str, max: u32, into: &mut u32) {
        self.read(name, into, |v| up_to(v, max), || format!("A whole number, 0 to {max}."));
    }

    fn optional(&mut self, name: &str, max: u32, into: &mut Option<u32>) {
        let parse = |v: &Value| if v.is_null() { Some(None) } else { up_to(v, max).map(Some) };
        self.read(name, into, parse, || format!("A whole number, 0 to {max}, or null."));
    }

    fn measure(&mut self, name: &str, into: &mut Measure) {
        self.read(
            name,
            into,
            |v| serde_json::from_value(v.clone()).ok(),
            || "One of allow, hold, refuse.".into(),
        );
    }
}

fn up_to(value: &Value, max: u32) -> Option<u32> {
    value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= max)
}
