//! A link's time, width and losses, seen by who asks through it.
#![allow(clippy::unwrap_used)]

use std::time::Duration;
use streamly_testkit::link::{Conditions, Link};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

/// Sends back what it is sent, and closes when its client has.
async fn echo() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = client.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
                let _ = to.shutdown().await;
            });
        }
    });
    address
}

async fn through(conditions: &str) -> (Link, TcpStream) {
    let link = Link::start(echo().await, conditions.parse().unwrap(), 7).await.unwrap();
    let client = TcpStream::connect(link.address()).await.unwrap();
    client.set_nodelay(true).unwrap();
    (link, client)
}

/// A byte's round trip.
async fn round_trip(client: &mut TcpStream) -> Duration {
    let began = Instant::now();
    client.write_all(b"x").await.unwrap();
    client.read_u8().await.unwrap();
    began.elapsed()
}

#[tokio::test]
async fn a_round_trip_takes_twice_the_delay_with_its_jitter() {
    let (link, mut client) = through("delay=20 jitter=7.5").await;
    round_trip(&mut client).await;
    let mut times = Vec::new();
    for _ in 0..20 {
        times.push(round_trip(&mut client).await);
    }
    let (least, most) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    assert!(*least >= Duration::from_millis(25), "{least:?}");
    assert!(*most - *least > Duration::from_millis(5), "no jitter: {least:?} to {most:?}");
    // Also of a connection that is open.
    link.become_as(Conditions::default());
    let mut near = Vec::new();
    for _ in 0..10 {
        near.push(round_trip(&mut client).await);
    }
    assert!(near.iter().min() < Some(least), "{near:?}");
}

#[tokio::test]
async fn all_comes_whole_and_in_order_and_so_does_the_end() {
    let (_link, mut client) = through("delay=5 jitter=5 loss=0.05").await;
    let sent: Vec<u8> = (0..1_000_000u32).map(|i| (i % 251) as u8).collect();
    let (mut from, mut to) = client.split();
    let mut received = Vec::new();
    let (written, read) = tokio::join!(
        async {
            to.write_all(&sent).await?;
            to.shutdown().await
        },
        from.read_to_end(&mut received)
    );
    written.unwrap();
    assert_eq!(read.unwrap(), sent.len());
    assert!(received == sent, "other bytes");
}

#[tokio::test]
async fn delay_costs_no_throughput_and_the_rate_bounds_all_connections_together() {
    let megabit = vec![1u8; 125_000];
    let fetch = |mut client: TcpStream, bytes: Vec<u8>| async move {
        let mut back = vec![0; bytes.len()];
        let (mut from, mut to) = client.split();
        let (written, read) = tokio::join!(to.write_all(&bytes), from.read_exact(&mut back));
        written.unwrap();
        read.unwrap();
    };
    let (_far, client) = through("delay=50").await;
    let began = Instant::now();
    fetch(client, vec![1; 1_000_000]).await;
    // Some 300 ms; chunk after chunk at 100 ms each it would be six seconds.
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());

    let (narrow, one) = through("rate=4000").await;
    let other = TcpStream::connect(narrow.address()).await.unwrap();
    let began = Instant::now();
    tokio::join!(fetch(one, megabit.clone()), fetch(other, megabit));
    // Two megabits at four a second.
    assert!(began.elapsed() >= Duration::from_millis(480), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_loss_is_a_pause() {
    let (link, mut client) = through("delay=10").await;
    round_trip(&mut client).await;
    link.become_as("delay=10 loss=1".parse().unwrap());
    // Once each way, a round trip at least for each.
    assert!(round_trip(&mut client).await >= Duration::from_millis(60));
}

#[test]
fn what_is_no_link_is_told() {
    for (text, part) in [
        ("delay", "name=value"),
        ("delay=far", "no number"),
        ("delay=-1", "below zero"),
        ("jitter=5", "more than delay"),
        ("loss=2", "more than everything"),
        ("colour=3", "neither"),
    ] {
        let error = text.parse::<Conditions>().unwrap_err();
        assert!(format!("{error:#}").contains(part), "{text}: {error:#}");
    }
    let whole: Conditions = "delay=20 jitter=7.5 rate=1500 loss=0.01".parse().unwrap();
    assert_eq!((whole.delay, whole.rate), (Duration::from_millis(20), 1_500_000));
}
