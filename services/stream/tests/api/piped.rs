//! The transaction that admits a publisher, against the real PostgreSQL: what becomes of one that is dropped half-way, and whether what is made
//! by hand in it is what is stored.

use crate::harness::{Streamer, TestApp, until};
use futures_util::FutureExt;
use streamly_domain::{BroadcastId, KeyId, SessionId};
use streamly_postgres::{Connection, GenericClient};
use streamly_stream::store::{
    broadcasts::{self, Broadcast},
    channels::{self, Channel},
    piped::Piped,
    sessions,
};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

async fn pid(db: &impl GenericClient) -> i32 {
    db.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0)
}

async fn title(db: &Connection, channel: &Channel) -> String {
    channels::lock(db, channel.id).await.unwrap().unwrap().title
}

async fn channel_of(db: &Connection, who: &Streamer) -> Channel {
    channels::find(db, channels::By::Owner(who.id)).await.unwrap().unwrap()
}

/// A transaction with a change in it that nobody else sees yet.
async fn begun(db: Connection, channel: &Channel) -> Piped {
    let tx = Piped::new(db);
    let sql = "UPDATE channels SET title = 'changed' WHERE id = $1";
    let whose: [&(dyn ToSql + Sync); 1] = [&channel.id.0];
    let (began, changed) = tokio::join!(tx.begin(), tx.db().execute(sql, &whose));
    began.unwrap();
    assert_eq!(changed.unwrap(), 1);
    tx
}

#[tokio::test]
async fn a_transaction_that_is_dropped_half_way_closes_its_connection_and_nothing_of_it_stays() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (pool, beside) = (app.pool(1), app.pool(1).get().await.unwrap());
    let channel = channel_of(&beside, &ada).await;
    let is_gone = async |pid: i32| {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1";
        beside.query_one(sql, &[&pid]).await.unwrap().get::<_, i64>(0) == 0
    };

    let tx = begun(pool.get().await.unwrap(), &channel).await;
    let first = pid(tx.db()).await;
    drop(tx);
    // The pool has room for one: what it gives now is another connection, in no transaction.
    let db = pool.get().await.unwrap();
    let second = pid(&db).await;
    assert_ne!(second, first);
    assert_eq!(title(&db, &channel).await, channel.title);
    until("the first connection is closed", || async { is_gone(first).await }).await;

    // Its caller went away while it was being begun: what was sent is answered to nobody.
    let update = db.prepare("UPDATE channels SET title = 'changed' WHERE id = $1").await.unwrap();
    let tx = Piped::new(db);
    let whose: [&(dyn ToSql + Sync); 1] = [&channel.id.0];
    let both = async { tokio::join!(tx.begin(), tx.db().execute(&update, &whose)) };
    assert!(both.now_or_never().is_none(), "answered before it was sent");
    drop(tx);
    let db = pool.get().await.unwrap();
    assert_ne!(pid(&db).await, second);
    until("the second connection is closed", || async { is_gone(second).await }).await;
    // Whoever held the row's lock has let go of it.
    assert_eq!(title(&db, &channel).await, channel.title);
    app.stop().await;
}

#[tokio::test]
async fn one_that_is_ended_gives_its_connection_back() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let pool = app.pool(1);
    let db = pool.get().await.unwrap();
    let (first, channel) = (pid(&db).await, channel_of(&db, &ada).await);
    begun(db, &channel).await.give_up().await.unwrap();
    let db = pool.get().await.unwrap();
    assert_eq!((pid(&db).await, title(&db, &channel).await), (first, channel.title.clone()));
    begun(db, &channel).await.commit().await.unwrap();
    let db = pool.get().await.unwrap();
    assert_eq!((pid(&db).await, title(&db, &channel).await), (first, "changed".to_owned()));
    app.stop().await;
}

#[tokio::test]
async fn a_broadcast_that_is_made_by_hand_is_what_is_stored() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (pool, beside) = (app.pool(1), app.pool(1).get().await.unwrap());
    let channel = channel_of(&beside, &ada).await;
    let key: KeyId = ada.key_id.parse().unwrap();
    for test in [true, false] {
        let session = sessions::Session {
            id: SessionId(Uuid::now_v7()),
            broadcast: BroadcastId(Uuid::now_v7()),
            key,
            attempt: Uuid::now_v7(),
            epoch: 7,
            node_id: "node-a".into(),
            remote_addr: "192.0.2.1:5000".into(),
            encoder: "OBS".into(),
            first_msn: 3,
            msn_reserved: 1_000_003,
            takeover: false,
            resumed: false,
            hand_over: None,
        };
        let placed = broadcasts::Session {
            broadcast: session.broadcast,
            session: session.id,
            epoch: session.epoch,
            node_id: &session.node_id,
            origin_url: "http://127.0.0.1:8000",
            msn_reserved: session.msn_reserved,
            test,
        };
        let tx = Piped::new(pool.get().await.unwrap());
        let db = tx.db();
        let (_, now) = tokio::try_join!(tx.begin(), broadcasts::now(db)).unwrap();
        let made = broadcasts::opened(&placed, channel.clone(), now);
        let (session_in, broadcast_in) =
            (sessions::inserting(db).await.unwrap(), broadcasts::inserting(db).await.unwrap());
        tokio::try_join!(
            broadcasts::insert(db, &broadcast_in, channel.id, &placed),
            sessions::insert(db, &session_in, &session),
        )
        .unwrap();
        let stored = broadcasts::open_of(db, channel.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&made), "read in its transaction");
        tx.commit().await.unwrap();
        // Later nothing is another but the time at which it is read.
        let later = broadcasts::open_of(&beside, channel.id).await.unwrap().unwrap();
        assert!(later.read_at >= made.read_at);
        assert_eq!(Broadcast { read_at: made.read_at, ..later }, made);
        app.sql("UPDATE broadcasts SET ended_at = now()");
    }
    app.stop().await;
}
