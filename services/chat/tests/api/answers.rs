//! Who hears what became of a report, and who answers those of the platform.

use crate::{
    app::Platform,
    reports::{made, queue, resolve},
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_reaches_every_socket_of_the_reporter_wherever_it_is_and_nobody_elses() {
    let p = Platform::start(2).await;
    let id = made(&p, "bob", json!({"user": "cleo"})).await;
    let (mut nowhere, mut elsewhere, mut here) =
        (p.hello(0, Some("bob")).await, p.hello(1, Some("bob")).await, p.join(1, Some("bob")).await);
    elsewhere.join("cleo").await;
    let mut others = [p.join(1, Some("cleo")).await, p.join(0, Some("vic")).await];
    assert_eq!(resolve(&p, "mia", &id, json!({"outcome": "dismissed", "text": "no harm"})).await.0, 200);
    for client in [&mut nowhere, &mut elsewhere, &mut here] {
        let answer = client.wait_for("report_answered").await;
        let told = (answer["report_id"].as_str(), answer["outcome"].as_str(), answer["text"].as_str());
        assert_eq!(told, (Some(id.as_str()), Some("dismissed"), Some("no harm")));
    }
    // Whoever has been told by now: one more round over the same way, behind which nothing of the first can come.
    let id = made(&p, "cleo", json!({"user": "bob"})).await;
    assert_eq!(resolve(&p, "mia", &id, json!({"outcome": "acted"})).await.0, 200);
    assert_eq!(others[0].wait_for("report_answered").await["report_id"], json!(id));
    here.said("after it").await;
    let frame: Value =
        serde_json::from_str(&others[1].wait_for_text(&["report_answered", "message"]).await).unwrap();
    assert_eq!(frame["text"], "after it", "{frame}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_staff_the_user_service_says() {
    let p = Platform::start(1).await;
    p.people.employ("vic");
    p.people.employ("dan");
    assert_eq!(queue(&p, "reports", "vic").await, Vec::<Value>::new());
    assert_eq!(p.call(0, "GET", "reports", Some("dan"), Value::Null).await.0, 403, "suspended");
    assert_eq!(p.call(0, "GET", "reports", Some("mia"), Value::Null).await.0, 403);
    // A report about staff is not the channel's.
    let id = made(&p, "bob", json!({"user": "vic"})).await;
    assert_eq!(queue(&p, "reports", "stan").await[0]["id"], json!(id));
}
