//! What a link to a channel shows of it, and who may frame its player.

use crate::harness::{TestApp, until};
use serde_json::{Value, json};
use streamly_proto::stream::v1::State;

async fn card(app: &TestApp) -> Value {
    let (status, card) = app.get("ada/card", "").await;
    assert_eq!(status, 200, "{card}");
    card
}
async fn set(app: &TestApp, token: &str, edit: Value) -> (u16, Value) {
    app.send("PATCH", "me", token, Some(&edit.to_string())).await
}

#[tokio::test]
async fn a_card_says_what_a_stranger_sees_and_no_more() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let edit = json!({"title": "Building a keyboard", "category": "Crafts", "bio": "Wood and wire."});
    assert_eq!(set(&app, &ada.token, edit).await.0, 200);
    let quiet = card(&app).await;
    assert_eq!(
        (&quiet["title"], &quiet["bio"], &quiet["listed"], &quiet["open"], &quiet["live"]),
        (&json!("Building a keyboard"), &json!("Wood and wire."), &json!(true), &json!(true), &json!(false))
    );
    assert!(quiet["still_url"].is_null() && quiet["banner_url"].is_null(), "{quiet}");

    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let number = (1 << 20) + 1;
    node.beat_with(&permit, State::Live, |report| report.still = number).await;
    let still = format!("/live/b/{}/stills/{number}.jpg", permit.broadcast_id);
    until("a still", || async { card(&app).await["still_url"] == still.as_str() }).await;
    assert_eq!(card(&app).await["live"], true);

    // For adults: everything but the picture.
    assert_eq!(set(&app, &ada.token, json!({"mature": true})).await.0, 200);
    let mature = card(&app).await;
    assert_eq!((&mature["still_url"], &mature["live"]), (&Value::Null, &json!(true)));
    assert_eq!(set(&app, &ada.token, json!({"mature": false})).await.0, 200);

    for (visibility, open, known, pictured) in [
        ("unlisted", true, true, true),
        ("followers", false, true, false),
        ("password", false, true, false),
        ("private", false, false, false),
    ] {
        let edit = json!({"visibility": visibility, "password": "open sesame"});
        assert_eq!(set(&app, &ada.token, edit).await.0, 200);
        let card = card(&app).await;
        assert_eq!(card["display_name"], "ADA", "{visibility}: the page says it too");
        assert_eq!((&card["listed"], &card["open"]), (&json!(false), &json!(open)), "{visibility}");
        assert_eq!(card["live"], known, "{visibility}");
        assert_eq!(card["title"], if known { "Building a keyboard" } else { "" }, "{visibility}");
        assert_eq!(card["bio"], if known { "Wood and wire." } else { "" }, "{visibility}");
        assert_eq!(card["still_url"].is_string(), pictured, "{visibility}");
        // Whoever asks.
        assert_eq!(app.get("ada/card", &ada.token).await.1, card, "{visibility}");
    }
    assert_eq!(set(&app, &ada.token, json!({"visibility": "public"})).await.0, 200);
    app.sql("UPDATE channels SET suspended = true");
    let gone = card(&app).await;
    assert_eq!(
        (&gone["title"], &gone["listed"], &gone["open"], &gone["live"], &gone["embedding"]),
        (&json!(""), &json!(false), &json!(false), &json!(false), &json!("nowhere"))
    );
    let nobody = app.get("nobody/card", "").await;
    assert_eq!((nobody.0, &nobody.1["code"]), (404, &json!("channel_not_found")));
    app.stop().await;
}

#[tokio::test]
async fn an_owner_says_whose_pages_may_have_the_player_and_everybody_can_read_it() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let said = |card: &Value| (card["embedding"].clone(), card["embed_sites"].clone());
    assert_eq!(said(&app.get("me", &ada.token).await.1), (json!("everywhere"), json!([])));
    let sites = json!({"embedding": "sites", "embed_sites": ["Example.org", "http://localhost:8080/", "https://example.org"]});
    let kept = (json!("sites"), json!(["https://example.org", "http://localhost:8080"]));
    let (status, edited) = set(&app, &ada.token, sites).await;
    assert_eq!((status, said(&edited)), (200, kept.clone()));
    assert_eq!(set(&app, &ada.token, json!({"title": "x"})).await.0, 200);
    assert_eq!(said(&app.get("me", &ada.token).await.1), kept, "fields left out stay");
    assert_eq!(said(&card(&app).await), kept);
    // Another's channel is another's.
    let bob = app.streamer("bob").await;
    assert_eq!(said(&app.get("me", &bob.token).await.1), (json!("everywhere"), json!([])));

    for (edit, field, code) in [
        (json!({"embedding": "some"}), "embedding", "invalid"),
        (json!({"embed_sites": ["example.org; script-src *"]}), "embed_sites.0", "invalid"),
        (json!({"embed_sites": vec!["example.org"; 21]}), "embed_sites", "too_long"),
        (json!({"embed_sites": []}), "embed_sites", "required"),
    ] {
        let (status, told) = set(&app, &ada.token, edit.clone()).await;
        assert_eq!(status, 422, "{edit}");
        assert_eq!(
            (&told["errors"][0]["field"], &told["errors"][0]["code"]),
            (&json!(field), &json!(code)),
            "{edit}"
        );
    }
    assert_eq!(said(&card(&app).await), kept, "a wrong one changes nothing");
    assert_eq!(set(&app, &ada.token, json!({"embedding": "nowhere", "embed_sites": []})).await.0, 200);
    assert_eq!(said(&card(&app).await), (json!("nowhere"), json!([])));
    // Whoever may not see what goes on is told all the same whether it can be framed: the frame's page says for whom it is.
    assert_eq!(
        set(&app, &ada.token, json!({"embedding": "everywhere", "visibility": "private"})).await.0,
        200
    );
    assert_eq!(card(&app).await["embedding"], "everywhere");
    app.stop().await;
}
