//! What is said again under its nonce stands once, whatever became of the server between.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_again_while_its_first_was_away_stands_once_and_whoever_showed_the_other_is_told() {
    let mut server = RedisServer::start().unwrap();
    let room = ChannelId::new();
    let (a, b) = (Node::open(&server, "a", room).await, Node::open(&server, "b", room).await);
    a.say(room, "1").await.unwrap();
    a.say(room, "2").await.unwrap();
    let all = a.memory(room, &["a", "b"]).await;
    server.start_empty().unwrap();
    // b has not heard of a, whose client says its last once more here.
    b.bring(room, &Memory { nodes: vec!["b".into()], ..first(&all, 1) }).await;
    let again = b.say(room, "2").await.unwrap();
    assert!(again > all.delivered);
    let seeded = a.bring(room, &all).await;
    assert_eq!((seeded.added, seeded.clashes, seeded.strange), (0, 0, 1), "a has shown what is not there");
    assert_eq!(seeded.late.map(|l| l.1), Some(again), "nor does who comes back with it know everything");
    assert_eq!(ids(&a.read(room).await.unwrap()), [all.entries[0].id, again]);
    // What was said later than a nonce is remembered is another message.
    let mut old = (*all.entries[1]).clone();
    old.id = LogId::new(again.ms() - 120_000, 0).unwrap();
    old.prev = LogId::default();
    let seeded = a.bring(room, &Memory { entries: vec![Arc::new(old)], ..all }).await;
    assert_eq!((seeded.added, a.log.newest(room, LogId::default(), None, 9).await.unwrap().len()), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_a_nonce_is_said_once_though_its_script_runs_twice() {
    let server = RedisServer::start().unwrap();
    let room = ChannelId::new();
    let a = Node::open(&server, "a", room).await;
    a.say(room, "").await.unwrap();
    let entry = a.read(room).await.unwrap().remove(0);
    // As the client library sends it again when it lost the connection.
    let nonce = entry.nonce.clone().unwrap();
    let again = a.log.say(room, a.floor.clone(), author(), &nonce, "\"text\":\"\"".into()).await.unwrap();
    assert_eq!((again.id, again.repeated), (entry.id, true));
    assert_eq!(a.read(room).await.unwrap().len(), 1);
}
