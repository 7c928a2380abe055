//! Every operation of an OpenAPI document, by whom it may be called: a table that a service's test keeps, checked against the document, and
//! tokens that are good for nothing.
//!
//! It makes no request. An operation that is in no row, a row that is no operation, and one whose document asks for another token than the
//! row says make [`check`] panic: whoever adds a call has to say whose it is.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use streamly_auth::{
    SigningKey,
    access::{self, Claims},
    service,
};

/// Whose an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// No token is asked for, and none is looked at.
    Everybody,
    /// Without a token it does something; a bad one is refused.
    Anyone,
    /// The caller's own: whoever is signed in may call it, and touches nothing of others.
    Own,
    /// It is about what somebody else has: 403 or 404 to a stranger.
    Theirs,
    /// The platform's staff's: 403 to everybody else.
    Staff,
}

/// Method, path as the document writes it, whose it is, and a body that is right ("" for none).
pub type Row = (&'static str, &'static str, Whose, &'static str);

/// Panics with every difference between a table and a document.
pub fn check(document: &Value, table: &[Row]) {
    let mut wrong = Vec::new();
    let mut rows: BTreeMap<(String, &str), Whose> =
        table.iter().map(|(method, path, whose, _)| ((method.to_lowercase(), *path), *whose)).collect();
    if rows.len() != table.len() {
        wrong.push("an operation is in two rows".to_owned());
    }
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Some(whose) = rows.remove(&(method.clone(), path.as_str())) else {
                wrong.push(format!("{method} {path} is in no row"));
                continue;
            };
            let security = operation["security"].as_array();
            let asks = match security {
                None => Whose::Everybody,
                Some(all) if all.contains(&json!({})) => Whose::Anyone,
                Some(_) => Whose::Own,
            };
            let said = if matches!(whose, Whose::Theirs | Whose::Staff) { Whose::Own } else { whose };
            if asks != said {
                wrong.push(format!("{method} {path} is {whose:?}, and its document says {asks:?}"));
            }
        }
    }
    wrong.extend(rows.keys().map(|(method, path)| format!("{method} {path} is no operation")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A token by a key that nobody has published. Apart from the others: a service waits a while for such a key.
///
/// # Panics
/// If no key can be made.
pub fn unknown_key(claims: &Claims) -> String {
    access::sign(&SigningKey::generate().expect("random bytes"), claims).expect("claims are JSON")
}

/// What each of these tokens has wrong, and the token. `key` is the one that the service believes.
///
/// # Panics
/// If claims are no JSON.
pub fn bad_tokens(key: &SigningKey, claims: &Claims) -> Vec<(&'static str, String)> {
    let sign = |key: &SigningKey, claims: &Claims| access::sign(key, claims).expect("claims are JSON");
    let good = sign(key, claims);
    let parts: Vec<&str> = good.split('.').collect();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = |header: Value| format!("{}.{}.", part(header), parts[1]);
    let mut else_who = serde_json::to_value(claims).expect("claims are JSON");
    else_who["username"] = "root".into();
    let mut flipped = good.clone();
    let last = if flipped.pop() == Some('A') { 'Q' } else { 'A' };
    flipped.push(last);
    vec![
        ("nothing", String::new()),
        ("no token", "x".into()),
        ("expired", sign(key, &Claims { exp: claims.iat - 1000, iat: claims.iat - 2000, ..claims.clone() })),
        ("another audience", sign(key, &Claims { aud: "elsewhere".into(), ..claims.clone() })),
        ("another issuer", sign(key, &Claims { iss: "elsewhere".into(), ..claims.clone() })),
        ("a service's", service::sign(key, "stream", "streamly", claims.iat).expect("claims are JSON")),
        ("no signature", unsigned(json!({"alg": "none", "typ": "JWT"}))),
        ("no signature, a known key", unsigned(json!({"alg": "none", "typ": "JWT", "kid": key.kid()}))),
        (
            "the public key as a secret",
            unsigned(json!({"alg": "HS256", "typ": "JWT", "kid": key.kid()})) + parts[2],
        ),
        ("other claims", format!("{}.{}.{}", parts[0], part(else_who), parts[2])),
        ("another signature", flipped),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_nobody_has_put_into_the_table_is_told() {
        let document = json!({"paths": {"/a": {"get": {}, "put": {"security": [{"bearer": []}]}}}});
        let both: [Row; 2] = [("GET", "/a", Whose::Everybody, ""), ("PUT", "/a", Whose::Staff, "")];
        check(&document, &both);
        for table in [
            &both[..1],
            &[both[0], both[1], ("POST", "/a", Whose::Own, "")],
            &[both[0], ("PUT", "/a", Whose::Anyone, "")],
        ] {
            assert!(std::panic::catch_unwind(|| check(&document, table)).is_err());
        }
    }
}
