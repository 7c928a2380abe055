//! Passkeys: added, used after a password and alone, named, removed; and answers that are hostile in one way each.

use crate::{
    app::{Answer, PASSWORD, TestApp},
    authenticator::{Authenticator, PRESENT, bytes_of},
    second_factor::{second, token},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::{Value as Cbor, cbor};
use reqwest::Method;
use serde_json::{Value, json};
use streamly_user::Config;

const ORIGIN: &str = "https://stream.example";

fn public(config: &mut Config) {
    config.public_url = Some(format!("{ORIGIN}/"));
}

fn authenticator() -> Authenticator {
    Authenticator::new(ORIGIN, "stream.example")
}

async fn options(app: &TestApp, session: &Answer) -> Value {
    let answer = app.call(Method::POST, "/api/auth/passkeys/options", session.access(), Value::Null).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["options"].clone()
}

async fn add(app: &TestApp, session: &Answer, credential: Value) -> Answer {
    let body = json!({"name": "My key", "credential": credential});
    app.call(Method::POST, "/api/auth/passkeys", session.access(), body).await
}

/// Somebody with a passkey.
pub async fn enrolled(app: &TestApp, name: &str) -> (Answer, Authenticator) {
    let (session, mut key) = (app.register(name).await, authenticator());
    let credential = key.create(&options(app, &session).await);
    let added = add(app, &session, credential).await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(added.body["recovery_codes"].as_array().unwrap().len(), 10);
    (session, key)
}

pub async fn challenge(app: &TestApp) -> Value {
    app.post("/api/auth/passkeys/challenge", json!({})).await.body["options"].clone()
}

pub async fn sign_in(app: &TestApp, credential: &Value) -> Answer {
    app.post("/api/auth/passkeys/sign-in", json!({"credential": credential})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_and_signs_in_alone_and_after_a_password() {
    let app = TestApp::spawn_with(public).await;
    let (session, mut key) = enrolled(&app, "ada").await;
    let asked = options(&app, &session).await;
    assert_eq!((&asked["rp"]["id"], &asked["attestation"]), (&json!("stream.example"), &json!("none")));
    assert_eq!(asked["excludeCredentials"][0]["id"], URL_SAFE_NO_PAD.encode(&key.credential_id));
    assert_eq!(asked["excludeCredentials"][0]["transports"], json!(["internal"]));

    let asked = challenge(&app).await;
    assert_eq!((&asked["rpId"], &asked["userVerification"]), (&json!("stream.example"), &json!("required")));
    assert_eq!(asked["allowCredentials"], json!([]), "it tells nobody's");
    let alone = sign_in(&app, &key.get(&asked)).await;
    assert_eq!((alone.status.as_u16(), &alone.body["user"]["username"]), (200, &json!("ada")));
    assert_eq!(app.refresh(&alone.token()).await.status, 200);

    let asked = app.login("ada", PASSWORD).await;
    assert_eq!((asked.code(), &asked.body["methods"]), ("mfa_required", &json!(["passkey", "recovery"])));
    assert_eq!(
        asked.body["passkey"]["allowCredentials"][0]["id"],
        URL_SAFE_NO_PAD.encode(&key.credential_id)
    );
    let step = asked.body["mfa_token"].as_str().unwrap();
    // After a password a touch is enough.
    key.flags = PRESENT;
    let done = second(&app, step, "passkey", key.get(&asked.body["passkey"])).await;
    assert_eq!(done.status, 200, "{done:?}");
    let alone = sign_in(&app, &key.get(&challenge(&app).await)).await;
    assert_eq!((alone.status.as_u16(), alone.code()), (401, "passkey_refused"));

    let list = app.call(Method::GET, "/api/auth/passkeys", session.access(), Value::Null).await;
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(list.body["items"][0]["name"], "My key");
    assert!(list.body["items"][0]["last_used_at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_proves_once_more_who_one_is() {
    let app = TestApp::spawn_with(public).await;
    let (session, mut key) = enrolled(&app, "ada").await;
    let (_, mut others) = enrolled(&app, "bob").await;
    app.sql("UPDATE refresh_tokens SET auth_time = now() - interval '11 minutes'");
    let old = app.refresh(&session.token()).await;
    let again = |credential: Value| {
        let body = json!({"method": "passkey", "response": credential});
        app.call(Method::POST, "/api/auth/reauth", old.access(), body)
    };
    let foreign = again(others.get(&challenge(&app).await)).await;
    assert_eq!((foreign.status.as_u16(), foreign.code()), (401, "passkey_refused"));
    let recent = again(key.get(&challenge(&app).await)).await;
    assert_eq!(recent.status, 200, "{recent:?}");
    options(&app, &recent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_wrong_in_one_way_signs_nobody_in() {
    let app = TestApp::spawn_with(public).await;
    let (_, mut key) = enrolled(&app, "ada").await;
    let (bob, mut others) = enrolled(&app, "bob").await;
    let refused = |answer: Answer, what: &str| {
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "passkey_refused"), "{what}");
        assert_eq!(answer.cookie, None);
    };
    type Harm = fn(&mut Authenticator);
    let harms: [(&str, Harm); 6] = [
        ("origin", |k| k.origin = "https://evil.example".into()),
        ("a frame elsewhere", |k| k.cross_origin = true),
        ("relying party", |k| k.relying_party = "evil.example".into()),
        ("another ceremony", |k| k.ceremony = Some("webauthn.create")),
        ("nobody there", |k| k.flags = 0),
        ("somebody else's handle", |k| k.user_handle = Some(vec![1; 16])),
    ];
    for (what, harm) in harms {
        let (flags, handle) = (key.flags, key.user_handle.clone());
        harm(&mut key);
        refused(sign_in(&app, &key.get(&challenge(&app).await)).await, what);
        (key.origin, key.relying_party) = (ORIGIN.into(), "stream.example".into());
        (key.cross_origin, key.ceremony, key.flags, key.user_handle) = (false, None, flags, handle);
    }
    // A challenge that is good once, of this server, for this, and for some minutes.
    let good = key.get(&challenge(&app).await);
    assert_eq!(sign_in(&app, &good).await.status, 200);
    refused(sign_in(&app, &good).await, "replayed");
    refused(sign_in(&app, &key.get(&json!({"challenge": "A".repeat(43)}))).await, "made up");
    let of_registration = options(&app, &bob).await;
    refused(sign_in(&app, &key.get(&of_registration)).await, "for something else");
    let late = challenge(&app).await;
    app.sql("UPDATE passkey_challenges SET expires_at = expires_at - interval '301 seconds'");
    refused(sign_in(&app, &key.get(&late)).await, "late");
    let two = key.get(&challenge(&app).await);
    let (a, b) = tokio::join!(sign_in(&app, &two), sign_in(&app, &two));
    assert_eq!([a.status.as_u16(), b.status.as_u16()].iter().filter(|s| **s == 200).count(), 1);
    // A copy of the authenticator, which counts for itself.
    let count = key.count;
    refused(
        sign_in(&app, &key.get_counting(count - 1, &challenge(&app).await)).await,
        "a count that goes back",
    );
    refused(
        sign_in(&app, &key.get_counting(count, &challenge(&app).await)).await,
        "a count that stands still",
    );
    assert_eq!(sign_in(&app, &key.get(&challenge(&app).await)).await.status, 200);
    // Another person's key under this one's id, and an unknown one.
    let own = std::mem::replace(&mut others.credential_id, key.credential_id.clone());
    others.count = 100;
    refused(sign_in(&app, &others.get(&challenge(&app).await)).await, "another key");
    others.credential_id = vec![9; 20];
    refused(sign_in(&app, &others.get(&challenge(&app).await)).await, "unknown");
    others.credential_id = own;
    // After Ada's password Bob's passkey is worth nothing, nor is hers for another challenge.
    let asked = app.login("ada", PASSWORD).await;
    let step = asked.body["mfa_token"].as_str().unwrap();
    let foreign = second(&app, step, "passkey", others.get(&asked.body["passkey"])).await;
    assert_eq!(foreign.code(), "invalid_second_factor");
    let elsewhere = second(&app, step, "passkey", key.get(&challenge(&app).await)).await;
    assert_eq!(elsewhere.code(), "invalid_second_factor");
    for junk in
        [json!(null), json!(7), json!({}), json!({"type": "public-key", "rawId": "!", "response": {}})]
    {
        refused(sign_in(&app, &junk).await, "junk");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_passkey_that_is_wrong_in_one_way_is_not_taken() {
    let app = TestApp::spawn_with(public).await;
    let (ada, mut hers) = enrolled(&app, "ada").await;
    let bob = app.register("bob").await;
    let refused = |answer: Answer, what: &str| {
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "invalid_passkey"), "{what}");
    };
    let mut key = authenticator();
    key.origin = "https://stream.example.evil".into();
    refused(add(&app, &bob, key.create(&options(&app, &bob).await)).await, "origin");
    key = authenticator();
    key.relying_party = "example".into();
    refused(add(&app, &bob, key.create(&options(&app, &bob).await)).await, "relying party");
    key = authenticator();
    refused(add(&app, &bob, key.create(&options(&app, &ada).await)).await, "somebody else's challenge");
    let mut of_sign_in = challenge(&app).await;
    of_sign_in["user"] = json!({"id": "AQID"});
    refused(add(&app, &bob, key.create(&of_sign_in)).await, "a challenge of a sign-in");
    // Somebody has it: their id with a key of one's own does not take it away.
    key.credential_id = hers.credential_id.clone();
    refused(add(&app, &bob, key.create(&options(&app, &bob).await)).await, "taken");
    assert_eq!(sign_in(&app, &hers.get(&challenge(&app).await)).await.body["user"]["username"], "ada");
    // CBOR that ends early, nests without end, or has no key.
    let key = authenticator();
    let whole = bytes_of(
        &cbor!({"fmt" => "none", "attStmt" => {}, "authData" => Cbor::Bytes(key.new_data(&key.cose()))})
            .unwrap(),
    );
    let no_key = bytes_of(&cbor!({"authData" => Cbor::Bytes(key.new_data(&[0xa0]))}).unwrap());
    for object in [&whole[..whole.len() / 2], &whole[..1], &[], &[0x81; 40_000], &no_key] {
        let asked = options(&app, &bob).await;
        refused(add(&app, &bob, key.created(&asked, object)).await, "cbor");
    }
    for junk in [json!(null), json!("x"), json!({"type": "password"})] {
        refused(add(&app, &bob, junk).await, "junk");
    }
    let asked = options(&app, &bob).await;
    assert_eq!(add(&app, &bob, key.created(&asked, &whole)).await.status, 201, "the whole one is good");
    let again = add(&app, &bob, key.created(&asked, &whole)).await;
    refused(again, "replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn passkeys_are_named_and_removed_by_their_owner_only_and_are_limited() {
    let (app, smtp) = TestApp::spawn_with_mail(|c| c.second_factor.passkeys = 2).await;
    let (ada, mut key) = enrolled(&app, "ada").await;
    let (bob, _) = enrolled(&app, "bob").await;
    let list = app.call(Method::GET, "/api/auth/passkeys", ada.access(), Value::Null).await;
    let path = format!("/api/auth/passkeys/{}", list.body["items"][0]["id"].as_str().unwrap());
    for path in [path.as_str(), "/api/auth/passkeys/none"] {
        let rename = app.call(Method::PATCH, path, bob.access(), json!({"name": "mine"})).await;
        let remove = app.call(Method::DELETE, path, bob.access(), Value::Null).await;
        assert_eq!((rename.code(), remove.code()), ("passkey_not_found", "passkey_not_found"));
        assert_eq!(app.send(app.request(Method::DELETE, path)).await.code(), "unauthenticated");
    }
    let named = app.call(Method::PATCH, &path, ada.access(), json!({"name": " <b>Blue</b> "})).await;
    assert_eq!((named.status.as_u16(), &named.body["name"]), (200, &json!("<b>Blue</b>")));
    for bad in [json!(""), json!("x".repeat(61)), json!(7)] {
        let refused = app.call(Method::PATCH, &path, ada.access(), json!({"name": bad})).await;
        assert_eq!(refused.code(), "validation_failed");
    }
    let second_key = authenticator().create(&options(&app, &ada).await);
    let added = add(&app, &ada, second_key).await;
    assert_eq!((added.status.as_u16(), &added.body["recovery_codes"]), (201, &json!([])), "there are codes");
    let third = authenticator().create(&options(&app, &ada).await);
    let refused = add(&app, &ada, third).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "too_many_passkeys"));

    let waiting = token(&app, "ada").await;
    assert_eq!(app.call(Method::DELETE, &path, ada.access(), Value::Null).await.status, 204);
    app.until("told", || smtp.taken().iter().any(|m| m.text.contains("“<b>Blue</b>” was removed"))).await;
    assert_eq!(sign_in(&app, &key.get(&challenge(&app).await)).await.code(), "passkey_refused");
    let other = format!("/api/auth/passkeys/{}", added.body["passkey"]["id"].as_str().unwrap());
    assert_eq!(app.call(Method::DELETE, &other, ada.access(), Value::Null).await.status, 204);
    // The last one takes the recovery codes along.
    let state = app.call(Method::GET, "/api/auth/second-factor", ada.access(), Value::Null).await;
    assert_eq!(state.body, json!({"on": false, "totp_since": null, "passkeys": 0, "recovery_codes_left": 0}));
    assert_eq!(second(&app, &waiting, "totp", "000000").await.code(), "invalid_second_factor");
    assert_eq!(app.login("ada", PASSWORD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_accounts_passkey_signs_nobody_in() {
    let app = TestApp::spawn_with(public).await;
    let (session, mut key) = enrolled(&app, "ada").await;
    assert_eq!(app.call(Method::DELETE, "/api/auth/me", session.access(), Value::Null).await.status, 200);
    let late = sign_in(&app, &key.get(&challenge(&app).await)).await;
    assert_eq!((late.status.as_u16(), late.code(), late.cookie.as_ref()), (403, "account_closed", None));
}
