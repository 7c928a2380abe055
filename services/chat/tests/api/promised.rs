//! Every answer of REST that a test gets is held against the service's own OpenAPI document: a member that is not promised, one that is promised
//! and missing, and one of another kind fail the test. It knows of JSON Schema what utoipa writes.

use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

/// The same for all nodes of all tests.
static DOCUMENT: OnceCell<Value> = OnceCell::const_new();

/// Holds an answer against the document of the service that gave it. `url`: the whole one.
pub async fn hold(method: &str, url: &str, status: u16, answer: &Value) {
    let Some((origin, rest)) = url.split_once("/api/chat/") else { return };
    let path = format!("/api/chat/{}", rest.split('?').next().unwrap_or_default());
    if !(200..300).contains(&status) || path.ends_with("/openapi.json") {
        return;
    }
    let document = DOCUMENT
        .get_or_init(|| async {
            let answer = reqwest::get(format!("{origin}/api/chat/openapi.json")).await.unwrap();
            answer.json().await.unwrap()
        })
        .await;
    let wrong = broken(document, method, &path, status, answer);
    assert!(wrong.is_empty(), "{method} {path} {status}: {wrong:?}\n{answer}");
}

/// What of an answer is not as promised.
fn broken(document: &Value, method: &str, path: &str, status: u16, answer: &Value) -> Vec<String> {
    let is_at = |template: &str| {
        let (mut named, mut given) = (template.split('/'), path.split('/'));
        loop {
            match (named.next(), given.next()) {
                (None, None) => return true,
                (Some(n), Some(g)) if n == g || n.starts_with('{') && !g.is_empty() => {}
                _ => return false,
            }
        }
    };
    let paths = document["paths"].as_object().unwrap();
    let Some((_, operations)) = paths.iter().find(|(template, _)| is_at(template)) else {
        return vec!["no such path".into()];
    };
    let said = &operations[method.to_lowercase()]["responses"][status.to_string()];
    match said["content"].as_object().and_then(|content| content.get("application/json")) {
        _ if said.is_null() => vec!["no such status".into()],
        Some(content) => fits(document, &content["schema"], answer, "$"),
        // Bytes, or nothing.
        None if answer.is_null() => Vec::new(),
        None => vec!["no body is promised".into()],
    }
}

fn fits(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let shape = document.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{name}"));
        return fits(document, shape, value, at);
    }
    if let Some(any) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        let tried: Vec<_> = any.iter().map(|one| fits(document, one, value, at)).collect();
        return if tried.iter().any(Vec::is_empty) { Vec::new() } else { tried.concat() };
    }
    if let Some(values) = schema["enum"].as_array() {
        return if values.contains(value) { Vec::new() } else { vec![format!("{at}: {value}")] };
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return Vec::new(),
    };
    let is = |kind: &&str| match value {
        Value::Null => *kind == "null",
        Value::Bool(_) => *kind == "boolean",
        Value::Number(n) => *kind == "number" || *kind == "integer" && !n.is_f64(),
        Value::String(_) => *kind == "string",
        Value::Array(_) => *kind == "array",
        Value::Object(_) => *kind == "object",
    };
    if !kinds.iter().any(is) {
        return vec![format!("{at}: {value} is no {kinds:?}")];
    }
    match value {
        Value::Array(items) => {
            let each = items.iter().enumerate();
            each.flat_map(|(n, item)| fits(document, &schema["items"], item, &format!("{at}[{n}]"))).collect()
        }
        Value::Object(members) => members_fit(document, schema, members, at),
        _ => Vec::new(),
    }
}

fn members_fit(document: &Value, schema: &Value, members: &Map<String, Value>, at: &str) -> Vec<String> {
    let empty = Map::new();
    let known = schema["properties"].as_object().unwrap_or(&empty);
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required.filter(|name| !members.contains_key(*name));
    let mut wrong: Vec<String> = missing.map(|name| format!("{at}.{name}: missing")).collect();
    for (name, value) in members {
        let at = format!("{at}.{name}");
        match (known.get(name), schema.get("additionalProperties")) {
            (Some(shape), _) | (None, Some(shape)) => wrong.extend(fits(document, shape, value, &at)),
            (None, None) => wrong.push(format!("{at}: not promised")),
        }
    }
    wrong
}

#[test]
fn an_answer_that_is_not_as_promised_is_found() {
    let shape = json!({"type": "object", "required": ["items"], "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/One"}},
        "next": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/One"}]},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
    }});
    let document = json!({
        "components": {"schemas": {"One": {
            "type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "enum": ["a", "b"]}},
        }}},
        "paths": {"/api/chat/x/{id}": {"get": {"responses": {
            "200": {"content": {"application/json": {"schema": shape}}}, "204": {},
        }}}},
    });
    let of = |status, answer| broken(&document, "GET", "/api/chat/x/1", status, &answer);
    assert!(of(200, json!({"items": [{"kind": "a"}], "next": null, "counts": {"n": 1}})).is_empty());
    assert!(of(204, Value::Null).is_empty());
    for (answer, wrong) in [
        (json!({}), "$.items: missing"),
        (json!({"items": {}}), "is no"),
        (json!({"items": [{"kind": "c"}]}), "$.items[0].kind"),
        (json!({"items": [], "more": 1}), "$.more: not promised"),
        (json!({"items": [], "next": 1}), "is no"),
        (json!({"items": [], "counts": {"n": "1"}}), "$.counts.n"),
    ] {
        let told = of(200, answer.clone());
        assert!(told.iter().any(|text| text.contains(wrong)), "{answer}: {told:?}");
    }
    assert_eq!(of(201, json!({})), ["no such status"]);
    assert_eq!(of(204, json!({})), ["no body is promised"]);
    assert_eq!(broken(&document, "GET", "/api/chat/y", 200, &Value::Null), ["no such path"]);
}
