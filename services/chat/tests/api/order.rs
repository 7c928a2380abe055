//! One order of events on every node: concurrent writers, resuming, nonces, a lost Redis, a trimmed log, a clock that steps back.

use crate::{
    app::Platform,
    client::id_list,
    peers::{room_id, user_id},
};
use serde_json::json;
use streamly_redis::Value;

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_show_concurrent_messages_in_the_same_order() {
    let p = Platform::start(2).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(1, Some("bob")).await);
    for n in 0..40 {
        ada.say(&format!("a{n}")).await;
        bob.say(&format!("b{n}")).await;
    }
    let (a, b) = (ada.messages(80).await, bob.messages(80).await);
    assert_eq!(id_list(&a), id_list(&b));
    assert!(id_list(&a).is_sorted());
    for m in &a {
        assert_eq!(m.get("nonce").is_some(), m["user"]["username"] == "ada", "{m}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn since_gives_exactly_what_was_missed_and_a_nonce_counts_once_on_all_nodes() {
    let p = Platform::start(2).await;
    let mut ada = p.join(0, Some("ada")).await;
    for n in 0..5 {
        ada.say(&n.to_string()).await;
    }
    let said = ada.messages(5).await;
    let mut again = p.hello(1, Some("ada")).await;
    again.send(json!({"type":"join","room":"ada","since":said[1]["id"]})).await;
    let joined = again.wait_for("joined").await;
    assert_eq!(id_list(joined["events"].as_array().unwrap()), id_list(&said[2..]));
    assert_eq!(joined["complete"], true);
    again.say("4").await;
    assert_eq!(again.wait_for("message").await["id"], said[4]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_redis_loses_nothing_that_was_answered_and_reading_resumes() {
    let mut p =
        Platform::with(2, |c| c.redis.command_timeout = streamly_config::Duration::from_millis(500)).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(1, None).await);
    ada.say("before").await;
    let first = (ada.messages(1).await, bob.messages(1).await);
    assert_eq!(id_list(&first.0), id_list(&first.1));
    p.redis.kill();
    ada.say("while away").await;
    let error = ada.wait_for("error").await;
    assert_eq!((error["code"].as_str(), error["nonce"].as_str()), (Some("unavailable"), Some("while_away")));
    p.redis.start_again().unwrap();
    loop {
        ada.say("while away").await;
        if let Ok(m) = tokio::time::timeout(std::time::Duration::from_secs(1), ada.wait_for("message")).await
        {
            let b = bob.messages(1).await;
            assert_eq!((m["text"].as_str(), id_list([&m])), (Some("while away"), id_list(&b)));
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn complete_is_false_when_events_between_are_no_longer_kept_and_only_then() {
    let p = Platform::with(1, |c| {
        (c.limits.memory_events, c.limits.history_default, c.limits.history_max) = (4, 4, 4);
        c.limits.replay_max = 8;
    })
    .await;
    let mut ada = p.join(0, Some("ada")).await;
    for n in 0..20 {
        ada.say(&n.to_string()).await;
    }
    let said = id_list(&ada.messages(20).await);
    let since = async |id: &str| {
        let mut client = p.hello(0, None).await;
        client.send(json!({"type":"join","room":"ada","since":id})).await;
        let joined = client.wait_for("joined").await;
        (joined["complete"].as_bool().unwrap(), id_list(joined["events"].as_array().unwrap()))
    };
    assert_eq!(since(&said[15]).await, (true, said[16..].to_vec()), "from memory");
    assert_eq!(since(&said[11]).await, (true, said[12..].to_vec()), "from the log, as many as are replayed");
    assert_eq!(since(&said[10]).await, (false, said[12..].to_vec()), "one more than are replayed");
    assert_eq!(since("ffffffffffffffffff").await, (false, said[16..].to_vec()), "from the future");
    assert_eq!(since(&said[19]).await, (true, Vec::new()), "nothing missed");
    let log = format!("chat:{{{}}}:log", room_id("ada"));
    let redis = p.redis_client().await;
    let _: Value = redis.call("XTRIM", [log.as_str(), "MAXLEN", "6"]).await.unwrap();
    assert_eq!(since(&said[12]).await, (false, said[14..].to_vec()), "trimmed");
    assert_eq!(since(&said[13]).await, (true, said[14..].to_vec()), "the oldest that is whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_grow_when_the_clock_steps_back_and_when_redis_loses_its_data() {
    let p = Platform::start(2).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(1, Some("bob")).await);
    let first = ada.said("before").await["id"].as_str().unwrap().to_owned();
    // As if the clock had been two hours ahead until now.
    let ahead = u64::from_str_radix(&first[..12], 16).unwrap() + 7_200_000;
    let redis = p.redis_client().await;
    let last = format!("chat:{{{}}}:last", room_id("ada"));
    let _: Value = redis.call("SET", [last, format!("{ahead:012x}{:06x}", 0xff_fffe)]).await.unwrap();
    let mut ids = vec![first];
    for n in 0..3 {
        ids.push(ada.said(&format!("back {n}")).await["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids[1], format!("{ahead:012x}ffffff"));
    assert_eq!(ids[2], format!("{:012x}000000", ahead + 1), "a full sequence carries over");
    let _: Value = redis.call("FLUSHALL", Vec::<String>::new()).await.unwrap();
    ids.push(ada.said("after the loss").await["id"].as_str().unwrap().to_owned());
    ids.push(bob.said("and from the other node").await["id"].as_str().unwrap().to_owned());
    assert!(ids.is_sorted() && ids.windows(2).all(|w| w[0] != w[1]), "{ids:?}");
    let a = ada.messages(1).await;
    assert_eq!(id_list(&a), ids[5..], "both in one order");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_again_is_answered_in_its_place_behind_what_was_before_it() {
    let p = Platform::start(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    let first = ada.said("first").await["id"].as_str().unwrap().to_owned();
    // Two messages of ada's that are in the log and that nobody has told this node of, the second under a nonce.
    let room = room_id("ada");
    let script = r"
        local of = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][2]
        local last = redis.call('GET', KEYS[2])
        for n, nonce in ipairs({'n1', 'n2'}) do
          local id = string.sub(last, 1, 12) .. string.format('%06x', tonumber(string.sub(last, 13), 16) + 1)
          local at = string.format('%.0f-%.0f', tonumber(string.sub(id, 1, 12), 16), tonumber(string.sub(id, 13), 16))
          redis.call('XADD', KEYS[1], at, 'p', last, 'k', of[4], 'a', of[6], 'n', nonce, 'b', of[10])
          redis.call('SET', KEYS[2], id)
          redis.call('SET', KEYS[2 + n], id)
          last = id
        end
        return last";
    let key = |what: &str| format!("chat:{{{room}}}:{what}");
    let nonce = |n: &str| key(&format!("n:{}:{n}", user_id("ada")));
    let args = [script.to_owned(), "4".into(), key("log"), key("last"), nonce("n1"), nonce("n2")];
    let last: String = p.redis_client().await.call("EVAL", args).await.unwrap();
    let say = json!({"type":"say","room":"ada","text":"first","nonce":"n2"});
    ada.send(say.clone()).await;
    let told = ada.messages(2).await;
    assert!(told[0]["id"].as_str().unwrap() > &*first && told[1]["id"] == *last, "{told:?}");
    assert_eq!((&told[0]["nonce"], &told[1]["nonce"]), (&json!("n1"), &json!("n2")));
    // Once more, now that it was given out: it is answered again, and once.
    ada.send(say).await;
    ada.say("after").await;
    let told = ada.messages(2).await;
    assert_eq!((&told[0]["id"], &told[1]["text"]), (&json!(last), &json!("after")));
}
