//! How a name is written: only by its owner, only with other capitals, and others are told.

use crate::app::TestApp;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_written_with_other_capitals_and_never_as_another_name() {
    let app = TestApp::spawn_with(|c| c.rate_limits = true).await;
    let session = app.register("ada_l").await;
    let write = |name: Value| {
        app.call(Method::PATCH, "/api/auth/me", session.access(), json!({"display_name": name}))
    };
    let answer = write(json!(" Ada_L ")).await;
    assert_eq!((answer.status.as_u16(), &answer.body["user"]["display_name"]), (200, &json!("Ada_L")));
    assert_eq!(app.get("/api/users/ada_l").await.body["display_name"], "Ada_L");
    for bad in [json!("Bob"), json!("Ada L"), json!("\u{410}da_L"), json!(""), json!(7), json!("Ada_L\u{0}")]
    {
        let answer = write(bad.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "validation_failed"), "{bad}");
    }
    // Nothing to change is fine, and so is nothing said.
    assert_eq!(write(json!("Ada_L")).await.status, 200);
    assert_eq!(write(Value::Null).await.body["user"]["display_name"], "Ada_L");
    let stranger =
        app.call(Method::PATCH, "/api/auth/me", "no-token", json!({"display_name": "ADA_L"})).await;
    assert_eq!((stranger.status.as_u16(), stranger.code()), (401, "unauthenticated"));
    let mut last = 0;
    for n in 0..12 {
        last = write(json!(if n % 2 == 0 { "ADA_L" } else { "ada_l" })).await.status.as_u16();
    }
    assert_eq!(last, 429);
}
