//! Personal block lists: one's own only, bounded, the same however often it is asked.

use crate::app::Platform;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_block_list_is_its_owners_bounded_and_idempotent() {
    let p = Platform::with(1, |c| c.limits.max_blocks = 2).await;
    let call = async |method: &str, user: &str, name: Option<&str>| {
        p.call(0, method, &format!("blocks/{user}"), name, Value::Null).await.0
    };
    for (method, path) in [("GET", "blocks"), ("PUT", "blocks/ada"), ("DELETE", "blocks/ada")] {
        assert_eq!(p.call(0, method, path, None, Value::Null).await.0, 401);
        assert_eq!(p.call(0, method, path, Some("dan"), Value::Null).await.0, 403, "suspended");
    }
    for user in ["ada", "ada", "cleo"] {
        assert_eq!(call("PUT", user, Some("bob")).await, 204, "{user}");
    }
    let (status, problem) = p.call(0, "PUT", "blocks/mia", Some("bob"), Value::Null).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("too_many_blocks")));
    assert_eq!(call("PUT", "cleo", Some("bob")).await, 204, "who is on a full list already");
    assert_eq!(call("PUT", "bob", Some("bob")).await, 422);
    assert_eq!(call("PUT", "nobody_here", Some("bob")).await, 404);
    assert_eq!(call("PUT", "%27%3B--", Some("bob")).await, 404);
    let names = async |name: &str| {
        let (_, list) = p.call(0, "GET", "blocks", Some(name), Value::Null).await;
        list["items"].as_array().unwrap().iter().map(|b| b["user"]["username"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("bob").await, [json!("cleo"), json!("ada")]);
    assert_eq!(names("ada").await, Vec::<Value>::new());
    assert_eq!(call("DELETE", "cleo", Some("ada")).await, 204, "of one's own list");
    assert_eq!(names("bob").await.len(), 2);
    for _ in 0..2 {
        assert_eq!(call("DELETE", "cleo", Some("bob")).await, 204);
    }
    assert_eq!(names("bob").await, [json!("ada")]);
}
