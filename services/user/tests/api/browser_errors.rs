//! What goes wrong in people's browsers: told by whoever it happens to, kept once, read by admins.

use crate::{
    app::{Answer, TestApp},
    staff::{audit, with_role},
};
use reqwest::{Method, header};
use serde_json::{Value, json};

async fn tell(app: &TestApp, body: Value) -> u16 {
    app.post("/api/browser-errors", body).await.status.as_u16()
}

async fn list(app: &TestApp, access: &str) -> Vec<Value> {
    let answer = app.call(Method::GET, "/api/admin/browser-errors", access, Value::Null).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_errors_are_one_and_say_nothing_of_whose_they_are() {
    let app = TestApp::spawn().await;
    let ada = with_role(&app, "ada", "admin").await;
    let stack = "at play (https://s.example/assets/player.js?v=1:10:20)";
    for n in 1..=3 {
        let message = format!("segment {n} of https://s.example/live/b/x?sid=secret is gone");
        let told = json!({"message": message, "stack": stack, "page": "/maya?token=secret"});
        assert_eq!(tell(&app, told).await, 204);
    }
    assert_eq!(tell(&app, json!({"message": "other"})).await, 204);
    let items = list(&app, &ada.access).await;
    assert_eq!(items.len(), 2, "{items:?}");
    assert_eq!((&items[0]["message"], &items[0]["count"]), (&json!("other"), &json!(1)));
    let first = &items[1];
    assert_eq!(first["message"], "segment 1 of https://s.example/live/b/x is gone");
    assert_eq!((&first["page"], &first["count"]), (&json!("/maya"), &json!(3)));
    assert_eq!(first["stack"], "at play (https://s.example/assets/player.js:10:20)");
    assert!(!json!(items).to_string().contains("secret"));
    // What was dealt with is gone until it comes up again; who did that is in the log.
    let path = format!("/api/admin/browser-errors/{}", first["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(app.call(Method::DELETE, &path, &ada.access, Value::Null).await.status, 204);
    }
    assert_eq!(list(&app, &ada.access).await.len(), 1);
    assert_eq!(tell(&app, json!({"message": "segment 9 of /live is gone"})).await, 204);
    assert_eq!(list(&app, &ada.access).await.len(), 2);
    let acts = audit(&app, &ada).await;
    let dismissed: Vec<_> = acts.iter().filter(|act| act["act"] == "browser_error_dismissed").collect();
    assert_eq!(dismissed.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_up_again_is_first_and_pages_follow_one_another() {
    let app = TestApp::spawn().await;
    let ada = with_role(&app, "ada", "admin").await;
    let names: Vec<_> = (0..120).map(|n| format!("error {}", char::from_u32(0x4e00 + n).unwrap())).collect();
    for name in names.iter().chain([&names[0]]) {
        assert_eq!(tell(&app, json!({"message": name})).await, 204);
    }
    let mut seen = Vec::new();
    let mut path = "/api/admin/browser-errors".to_owned();
    loop {
        let answer = app.call(Method::GET, &path, &ada.access, Value::Null).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let items = answer.body["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["message"].as_str().unwrap().to_owned()));
        let Some(next) = answer.body["next_cursor"].as_str() else { break };
        path = format!("/api/admin/browser-errors?cursor={next}");
    }
    let mut expected: Vec<_> = names[1..].iter().rev().cloned().collect();
    expected.insert(0, names[0].clone());
    assert_eq!(seen, expected);
    for wrong in ["x", "1.x", "x.0190-", "99999999999999999999.01890a5d-ac96-774b-bcce-b302099a8057"] {
        let path = format!("/api/admin/browser-errors?cursor={wrong}");
        let answer = app.call(Method::GET, &path, &ada.access, Value::Null).await;
        assert_eq!(answer.code(), "invalid_cursor", "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_other_sites_and_too_many_are_refused_and_the_list_stays_short() {
    let app = TestApp::spawn_with(|c| {
        (c.rate_limits, c.browser_errors) = (true, 3);
        c.limits.browser_error.burst = 12;
    })
    .await;
    let (ada, mia) = (with_role(&app, "ada", "admin").await, with_role(&app, "mia", "moderator").await);
    for bad in
        [json!({}), json!({"message": ""}), json!({"message": 1}), json!({"message": "x", "stack": []})]
    {
        assert_eq!(tell(&app, bad.clone()).await, 422, "{bad}");
    }
    let from = async |name: &str, value: &str| -> Answer {
        let request = app.request(Method::POST, "/api/browser-errors").json(&json!({"message": "x"}));
        app.send(request.header(name, value)).await
    };
    assert_eq!(from(header::ORIGIN.as_str(), "https://evil.example").await.code(), "forbidden");
    assert_eq!(from("sec-fetch-site", "cross-site").await.code(), "forbidden");
    assert_eq!(
        app.call(Method::GET, "/api/admin/browser-errors", &mia.access, Value::Null).await.code(),
        "forbidden"
    );
    let odd = app.call(Method::DELETE, "/api/admin/browser-errors/x", &ada.access, Value::Null).await;
    assert_eq!(odd.code(), "not_found");
    // What came up twice outlives what came up once.
    for word in ["often", "often", "b", "c", "d", "e", "f"] {
        assert_eq!(tell(&app, json!({"message": word})).await, 204);
    }
    let kept: Vec<_> = list(&app, &ada.access).await.iter().map(|e| e["message"].clone()).collect();
    assert_eq!(kept, ["f", "e", "often"]);
    let mut limited = 0;
    for _ in 0..12 {
        limited += u32::from(tell(&app, json!({"message": "f"})).await == 429);
    }
    assert!((6..=8).contains(&limited), "{limited}");
}
