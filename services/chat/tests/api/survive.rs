//! Redis killed, held still, failed over, emptied; nodes cut off from it: sockets stay open, nothing that was answered is lost, and
//! everybody sees one order. Two and three nodes, each with a proxy to a real Redis.

use crate::{
    app::Platform,
    crowd::{Crowd, lively, with_proxies},
};
use std::time::{Duration, Instant};
use streamly_testkit::{
    postgres::Postgres,
    redis::RedisServer,
    toxic::{Proxy, Toxic},
};

async fn platform(nodes: usize) -> (Platform, Vec<Proxy>) {
    platform_on(RedisServer::start().unwrap(), nodes).await
}

async fn platform_on(redis: RedisServer, nodes: usize) -> (Platform, Vec<Proxy>) {
    let mut p = Platform::bare(Postgres::shared().unwrap());
    p.redis = redis;
    lively(&mut p);
    with_proxies(p, nodes).await
}

/// How long something is broken is what is tried here: no wait for anything.
async fn for_a_while(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_killed_for_three_seconds_costs_nobody_a_message() {
    let (mut p, _proxies) = platform(2).await;
    let crowd = Crowd::at(&p, &[0, 1]).await;
    crowd.until_answered(40).await;
    p.redis.kill();
    for_a_while(Duration::from_secs(3)).await;
    p.redis.start_again().unwrap();
    crowd.until_answered(40).await;
    for seen in crowd.done(&p, 0).await {
        assert_eq!(seen.anew, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_held_still_for_thirty_seconds_costs_nobody_a_message() {
    let (p, _proxies) = platform(2).await;
    let crowd = Crowd::at(&p, &[0, 1]).await;
    crowd.until_answered(40).await;
    p.redis.pause().unwrap();
    for_a_while(Duration::from_secs(30)).await;
    p.redis.resume().unwrap();
    let back = Instant::now();
    crowd.until_answered(40).await;
    // Nobody waits for time-outs of what was asked before: some 2 s on an idle machine, half of them the crowd's own pace.
    eprintln!("answered again after {:?}", back.elapsed());
    assert!(back.elapsed() < Duration::from_secs(10), "{:?}", back.elapsed());
    for seen in crowd.done(&p, 1).await {
        assert_eq!(seen.anew, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_comes_back_empty_gets_everything_again_from_the_nodes() {
    let (mut p, _proxies) = platform(2).await;
    let crowd = Crowd::at(&p, &[0, 1]).await;
    for _ in 0..3 {
        crowd.until_answered(30).await;
        p.redis.start_empty().unwrap();
    }
    crowd.until_answered(30).await;
    for seen in crowd.done(&p, 0).await {
        assert_eq!(seen.anew, 0, "nobody came late");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_takes_over_without_the_last_events_gets_them_from_the_nodes() {
    let (mut p, proxies) = platform_on(RedisServer::on_tcp().unwrap(), 2).await;
    let replica = RedisServer::on_tcp().unwrap();
    let link = Proxy::to_tcp(p.redis.address()).await.unwrap();
    replica.follow_by(&p.redis, link.address()).unwrap();
    let crowd = Crowd::at(&p, &[0, 1]).await;
    crowd.until_answered(40).await;
    let before = replica.command(&["DBSIZE"]).unwrap();
    // The replica hears nothing from here on, and the master does not hear that.
    link.set(Toxic::Swallow);
    crowd.until_answered(40).await;
    p.redis.kill();
    assert_eq!(replica.command(&["DBSIZE"]).unwrap(), before, "it lacks what was answered since");
    replica.take_over().unwrap();
    proxies.iter().for_each(|proxy| proxy.lead_to(replica.address()));
    p.redis = replica;
    crowd.until_answered(40).await;
    crowd.done(&p, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_is_at_a_replica_that_is_there() {
    let mut p = Platform::bare(Postgres::shared().unwrap());
    p.redis = RedisServer::on_tcp().unwrap();
    // However busy the machine is: a replica that takes longer is gone on without.
    p.config.limits.replica_wait = streamly_config::Duration::from_secs(8);
    p.config.redis.command_timeout = streamly_config::Duration::from_secs(9);
    p.config.limits.say_patience = streamly_config::Duration::from_secs(9);
    let (p, _proxies) = with_proxies(p, 1).await;
    let replica = RedisServer::on_tcp().unwrap();
    let link = Proxy::to_tcp(p.redis.address()).await.unwrap();
    replica.follow_by(&p.redis, link.address()).unwrap();
    let mut ada = p.join(0, Some("ada")).await;
    // The node learns of the replica with an answer of the log.
    ada.said("first").await;
    link.set(Toxic::Delay(Duration::from_millis(40)));
    let log = format!("chat:{{{}}}:log", crate::peers::room_id("ada"));
    for n in 2..8 {
        ada.said(&n.to_string()).await;
        assert_eq!(replica.command(&["XLEN", &log]).unwrap(), n.to_string(), "shown means replicated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_cut_off_from_redis_catches_up_by_itself() {
    let (p, proxies) = platform(2).await;
    let crowd = Crowd::at(&p, &[0, 1]).await;
    for toxic in [Toxic::Swallow, Toxic::Stall, Toxic::Refuse] {
        crowd.until_answered(20).await;
        proxies[1].set(toxic);
        if toxic == Toxic::Refuse {
            proxies[1].cut();
        }
        for_a_while(Duration::from_secs(4)).await;
        proxies[1].set(Toxic::None);
    }
    crowd.until_answered(40).await;
    for seen in crowd.done(&p, 0).await {
        assert_eq!(seen.anew, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_comes_late_to_an_emptied_redis_has_the_others_show_the_room_anew() {
    let (mut p, proxies) = platform(2).await;
    let crowd = Crowd::at(&p, &[0, 1]).await;
    crowd.until_answered(20).await;
    // Node 0 hears nothing of what node 1 says now.
    proxies[0].set(Toxic::Swallow);
    crowd.until_answered(5).await;
    proxies[1].set(Toxic::Refuse);
    proxies[1].cut();
    p.redis.start_empty().unwrap();
    proxies[0].set(Toxic::None);
    // Longer than others are waited for: node 0 goes on without node 1.
    crowd.until_answered(20).await;
    proxies[1].set(Toxic::None);
    crowd.until_answered(40).await;
    let seen = crowd.done(&p, 0).await;
    assert!(seen[0].anew > 0 && seen[1].anew > 0, "what they had missed came below what they had seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_redis_and_a_dead_node_cost_only_what_nobody_else_had() {
    let (mut p, proxies) = platform(3).await;
    let crowd = Crowd::at(&p, &[0, 1]).await;
    let mut third = p.join(2, Some("cleo")).await;
    third.said("heard by all").await;
    crowd.until_answered(20).await;
    // Node 2 is gone for good, and with it its client.
    proxies[2].set(Toxic::Swallow);
    drop(third);
    p.redis.start_empty().unwrap();
    crowd.until_answered(40).await;
    for seen in crowd.done(&p, 0).await {
        assert_eq!(seen.anew, 0);
        assert!(seen.list.iter().any(|(_, text)| text == "heard by all"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_faults_one_after_the_other_leave_everybody_with_the_same_list() {
    let (mut p, proxies) = platform(3).await;
    let crowd = Crowd::at(&p, &[0, 1, 2]).await;
    for n in 0..12usize {
        let proxy = &proxies[n % 3];
        match n % 6 {
            0 => proxy.cut(),
            1 => proxy.set(Toxic::Delay(Duration::from_millis(30))),
            2 => proxy.set(Toxic::Stall),
            3 => p.redis.start_again().unwrap(),
            4 => {
                proxy.set(Toxic::Refuse);
                proxy.cut();
            }
            _ => p.redis.start_empty().unwrap(),
        }
        for_a_while(Duration::from_millis(700)).await;
        proxies.iter().for_each(|proxy| proxy.set(Toxic::None));
        crowd.until_answered(15).await;
    }
    crowd.done(&p, 2).await;
}
