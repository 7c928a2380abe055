//! The client against real sockets, with names of the test's own, and the tables against random addresses.

use super::{
    Client, Error, HeaderMap, KEPT, Lookup, Url, is_global,
    rules::{IPV4, IPV6},
};
use crate::config::Outbound;
use bytes::Bytes;
use proptest::prelude::*;
use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use uuid::Uuid;

/// Names that lead to these addresses.
fn names(addresses: &[&str]) -> Lookup {
    let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
    Arc::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    })
}

/// Plain HTTP to any port; only what `allow` names.
fn open(allow: &[&str]) -> Outbound {
    let allow = allow.iter().map(|network| network.parse().unwrap()).collect();
    Outbound { allow, https_only: false, ports: Vec::new(), ..Outbound::default() }
}

async fn post(client: &Client, url: &str) -> Result<super::Answer, Error> {
    post_for(Uuid::nil(), client, url).await
}

async fn post_for(owner: Uuid, client: &Client, url: &str) -> Result<super::Answer, Error> {
    client.post(owner, &Url::parse(url).unwrap(), HeaderMap::new(), Bytes::from_static(b"{}")).await
}

/// A server that does `each` with every connection once its request's head is read; its address, and how many came.
async fn server<F>(at: &str, each: impl Fn(TcpStream) -> F + Send + 'static) -> (SocketAddr, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (listener, came) = (TcpListener::bind(at).await.unwrap(), Arc::new(AtomicUsize::new(0)));
    let (at, count) = (listener.local_addr().unwrap(), came.clone());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut head = Vec::new();
            while !head.ends_with(b"{}") && socket.read_buf(&mut head).await.is_ok_and(|n| n > 0) {}
            tokio::spawn(each(socket));
        }
    });
    (at, came)
}

async fn say(mut socket: TcpStream, text: &str) {
    let _ = socket.write_all(text.as_bytes()).await;
}

const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

proptest! {
    #[test]
    fn no_address_of_a_special_network_is_global_in_any_of_its_forms(n in 0..IPV4.len(), host: u32, bits: u128) {
        let (network, length, _) = IPV4[n];
        let v4 = Ipv4Addr::from_bits(network.to_bits() | host & (u32::MAX >> length));
        for form in forms(v4, bits) {
            prop_assert!(!is_global(form), "{form}");
        }
        for (network, length, _) in IPV6 {
            let v6 = Ipv6Addr::from_bits(network.to_bits() | bits & (u128::MAX >> length));
            prop_assert!(!is_global(v6.into()), "{v6}");
        }
    }

    #[test]
    fn what_the_standard_library_calls_special_is_not_global(v4: u32, v6: u128, high in 0..4usize) {
        // Half of the space says little: some of them begin as special ones do.
        let v6 = [v6, v6 >> 7 | 0xfe << 120, v6 >> 7 | 0xfc << 120, v6 & u128::from(u64::MAX)][high];
        let (v4, v6) = (Ipv4Addr::from_bits(v4), Ipv6Addr::from_bits(v6));
        let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_broadcast()
            || v4.is_documentation() || v4.is_multicast() || v4.is_unspecified();
        prop_assert!(!(special && is_global(v4.into())), "{v4}");
        let special = v6.is_loopback() || v6.is_multicast() || v6.is_unspecified() || v6.is_unique_local()
            || v6.is_unicast_link_local();
        prop_assert!(!(special && is_global(v6.into())), "{v6}");
    }

    #[test]
    fn other_addresses_are_global_and_lead_where_they_say(v4: u32, bits: u128) {
        let v4 = Ipv4Addr::from_bits(v4);
        let special = IPV4.iter().any(|(net, len, _)| v4.to_bits() >> (32 - len) == net.to_bits() >> (32 - len));
        for form in forms(v4, bits) {
            prop_assert_eq!(is_global(form), !special, "{}", form);
        }
    }
}

/// An IPv4 address as itself, mapped, behind NAT64 and 6to4.
fn forms(v4: Ipv4Addr, bits: u128) -> [IpAddr; 4] {
    let nat64 = 0x64_ff9b_u128 << 96 | u128::from(v4.to_bits());
    let six_to_four = 0x2002_u128 << 112 | u128::from(v4.to_bits()) << 80 | bits >> 48;
    [
        v4.into(),
        v4.to_ipv6_mapped().into(),
        Ipv6Addr::from_bits(nat64).into(),
        Ipv6Addr::from_bits(six_to_four).into(),
    ]
}

#[test]
fn some_addresses_one_by_one() {
    let global = |text: &str| is_global(text.parse().unwrap());
    for good in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::8.8.8.8"] {
        assert!(global(good), "{good}");
    }
    for bad in [
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "fe80::1",
        "fec0::1",
        "fd00::1",
        "ff02::1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::8.8.8.8",
        "2002:7f00:1::",
        "2001::1",
        "100::1",
        "5f00::1",
        "4000::1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "::ffff:192.168.1.1",
    ] {
        assert!(!global(bad), "{bad}");
    }
}

#[tokio::test]
async fn a_private_address_is_refused_in_every_spelling() {
    let client = Client::new(&open(&[])).unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "①②⑦.⓪.⓪.①",
        "%31%32%37.0.0.1",
        "0.0.0.0",
        "0",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00::1]",
        "[fe80::1]",
    ] {
        let url = format!("http://{host}:9/");
        let parsed = Url::parse(&url).unwrap();
        assert!(matches!(client.check(&parsed), Err(Error::Forbidden)), "{host} {parsed}");
        assert!(matches!(post(&client, &url).await, Err(Error::Forbidden)), "{host}");
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused_and_nobody_is_asked() {
    let (at, came) = server("127.0.0.1:0", |socket| say(socket, NO_CONTENT)).await;
    let url = format!("http://hooks.test:{}/", at.port());
    for address in ["127.0.0.1", "::ffff:127.0.0.1", "::1", "10.0.0.1"] {
        let client = Client::resolving(&open(&[]), names(&[address])).unwrap();
        client.check(&Url::parse(&url).unwrap()).unwrap();
        assert!(matches!(post(&client, &url).await, Err(Error::Forbidden)), "{address}");
    }
    let real = Client::new(&open(&[])).unwrap();
    for name in ["localhost", "LOCALHOST", "localhost.", "hooks.localhost", "hooks.invalid", "invalid."] {
        let url = format!("http://{name}:{}/", at.port());
        assert!(matches!(real.check(&Url::parse(&url).unwrap()), Err(Error::Forbidden)), "{name}");
        assert!(matches!(post(&real, &url).await, Err(Error::Forbidden)), "{name}");
    }
    // Those names are no others, and an operator may permit what the first ones lead to.
    for name in ["localhost.example.org", "mylocalhost", "invalid.example.org"] {
        real.check(&Url::parse(&format!("http://{name}/")).unwrap())
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    for loopback in ["127.0.0.0/8", "::1"] {
        let client = Client::new(&open(&[loopback])).unwrap();
        client.check(&Url::parse("http://localhost/").unwrap()).unwrap_or_else(|e| panic!("{loopback}: {e}"));
    }
    assert_eq!(came.load(Ordering::SeqCst), 0);
    let allowed = Client::resolving(&open(&["127.0.0.1"]), names(&["127.0.0.1"])).unwrap();
    assert_eq!(post(&allowed, &url).await.unwrap().status, 204);
    let nobody = Client::resolving(&open(&[]), names(&[])).unwrap();
    assert!(matches!(post(&nobody, &url).await, Err(Error::Unresolved(_))));
}

#[tokio::test]
async fn of_a_names_addresses_only_permitted_ones_are_asked_and_a_second_answer_of_dns_gains_nothing() {
    let (at, came) = server("127.0.0.1:0", |socket| say(socket, NO_CONTENT)).await;
    let (_, other) = server(&format!("127.0.0.2:{}", at.port()), |socket| say(socket, NO_CONTENT)).await;
    let url = format!("http://hooks.test:{}/", at.port());
    let both = Client::resolving(&open(&["127.0.0.2"]), names(&["127.0.0.1", "127.0.0.2"])).unwrap();
    assert_eq!(post(&both, &url).await.unwrap().status, 204);
    assert_eq!((came.load(Ordering::SeqCst), other.load(Ordering::SeqCst)), (0, 1));

    // First a permitted address, then a forbidden one: each answer is judged where it is connected to.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let rebinding: Lookup = Arc::new(move |_| {
        let host = if count.fetch_add(1, Ordering::SeqCst) == 0 { 2 } else { 1 };
        Box::pin(async move { Ok(vec![Ipv4Addr::new(127, 0, 0, host).into()]) })
    });
    let client = Client::resolving(&open(&["127.0.0.2"]), rebinding).unwrap();
    assert_eq!(post(&client, &url).await.unwrap().status, 204);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "one name, one answer");
    assert!(matches!(post(&client, &url).await, Err(Error::Forbidden)));
    assert_eq!((came.load(Ordering::SeqCst), other.load(Ordering::SeqCst)), (0, 2));
}

#[tokio::test]
async fn the_operators_refusal_counts_more_than_what_is_global_and_a_wrapped_address_is_what_it_wraps() {
    let refusing = Outbound { refuse: vec!["8.8.8.0/24".parse().unwrap()], ..open(&["127.0.0.0/8"]) };
    let client = Client::new(&refusing).unwrap();
    let check = |host: &str| client.check(&Url::parse(&format!("http://{host}/")).unwrap());
    for bad in ["8.8.8.8", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]", "[2002:808:808::1]", "10.0.0.1"] {
        assert!(matches!(check(bad), Err(Error::Forbidden)), "{bad}");
    }
    for good in ["8.8.4.4", "127.0.0.1", "[::ffff:127.0.0.1]", "example.org"] {
        check(good).unwrap_or_else(|e| panic!("{good}: {e}"));
    }
}

#[test]
fn only_https_on_known_ports_without_names_and_passwords() {
    let client = Client::new(&Outbound::default()).unwrap();
    let check = |url: &str| client.check(&Url::parse(url).unwrap());
    for good in ["https://example.org/x?y#z", "https://example.org:8443/"] {
        check(good).unwrap_or_else(|e| panic!("{good}: {e}"));
    }
    let long = format!("https://example.org/{}", "x".repeat(2048));
    for bad in [
        "http://example.org/",
        "ftp://example.org/",
        "https://example.org:22/",
        "https://me@example.org/",
        "https://:pw@example.org/",
        "file:///etc/passwd",
        "data:,x",
        &long,
    ] {
        assert!(matches!(check(bad), Err(Error::Invalid(_))), "{bad}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (inner, came) = server("127.0.0.1:0", |socket| say(socket, NO_CONTENT)).await;
    let text = format!(
        "HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:{}/\r\ncontent-length: 0\r\n\r\n",
        inner.port()
    );
    let (at, _) = server("127.0.0.1:0", move |socket| {
        let text = text.clone();
        async move { say(socket, &text).await }
    })
    .await;
    let client = Client::new(&open(&["127.0.0.1"])).unwrap();
    let answer = post(&client, &format!("http://{at}/")).await.unwrap();
    assert_eq!((answer.status.as_u16(), came.load(Ordering::SeqCst)), (307, 0));
    assert!(answer.headers.contains_key("location"));
}

#[tokio::test]
async fn endless_and_silent_servers_cost_no_more_than_the_bounds() {
    let settings = Outbound { timeout: streamly_config::Duration::from_secs(1), ..open(&["127.0.0.1"]) };
    let client = Client::new(&settings).unwrap();
    let (at, _) = server("127.0.0.1:0", |mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while socket.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let answer = post(&client, &format!("http://{at}/")).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, KEPT));

    let (at, _) = server("127.0.0.1:0", |mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while socket.write_all(b"x-more: and more and more and more\r\n").await.is_ok() {}
    })
    .await;
    assert!(matches!(post(&client, &format!("http://{at}/")).await, Err(Error::Broken(_))));

    let silent = |socket: TcpStream| async move {
        let _open = socket;
        std::future::pending::<()>().await;
    };
    let (at, _) = server("127.0.0.1:0", silent).await;
    assert!(matches!(post(&client, &format!("http://{at}/")).await, Err(Error::Late)));

    // The status counts, though the body stalls.
    let (at, _) = server("127.0.0.1:0", |mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 202 Yes\r\ncontent-length: 9\r\n\r\nhalf").await;
        std::future::pending::<()>().await;
    })
    .await;
    let answer = post(&client, &format!("http://{at}/")).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (202, &b"half"[..]));
    assert_eq!(client.places.known(), 0);
    let large = Bytes::from(vec![0; super::MAX_REQUEST + 1]);
    let url = Url::parse(&format!("http://{at}/")).unwrap();
    assert!(matches!(client.post(Uuid::nil(), &url, HeaderMap::new(), large).await, Err(Error::TooLarge)));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(matches!(post(&client, &format!("http://{closed}/")).await, Err(Error::Unreachable(_))));
}

#[tokio::test]
async fn one_hosts_places_are_its_own_and_who_waits_too_long_is_told_so() {
    let settings = Outbound {
        per_host: 2,
        timeout: streamly_config::Duration::from_millis(1500),
        ..open(&["127.0.0.0/8"])
    };
    let client = Arc::new(Client::new(&settings).unwrap());
    let gate = Arc::new(Semaphore::new(0));
    let door = gate.clone();
    let (slow, came) = server("127.0.0.1:0", move |socket| {
        let door = door.clone();
        async move {
            let _ = door.acquire().await;
            say(socket, NO_CONTENT).await;
        }
    })
    .await;
    let (quick, _) = server("127.0.0.2:0", |socket| say(socket, NO_CONTENT)).await;
    let all: Vec<_> = (0..5)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { post(&client, &format!("http://{slow}/")).await })
        })
        .collect();
    while came.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(post(&client, &format!("http://{quick}/")).await.unwrap().status, 204);
    let (mut late, mut busy) = (0, 0);
    for one in all {
        match one.await.unwrap() {
            Err(Error::Late) => late += 1,
            Err(Error::Busy) => busy += 1,
            other => panic!("{other:?}"),
        }
    }
    // Two had a place at once; others got one when those gave up, or not in time. Never more than two at once.
    assert!(late >= 2 && late + busy == 5, "{late} {busy}");
    gate.add_permits(9);
    assert_eq!(post(&client, &format!("http://{slow}/")).await.unwrap().status, 204);
    assert_eq!(client.places.known(), 0);
}

#[tokio::test]
async fn one_owners_places_are_a_share_of_all_whatever_hosts_they_ask() {
    let settings = Outbound { per_owner: 2, at_once: 3, ..open(&["127.0.0.0/8"]) };
    let client = Arc::new(Client::new(&settings).unwrap());
    let (mut all, came) = (Vec::new(), Arc::new(AtomicUsize::new(0)));
    for n in 0..6 {
        let count = came.clone();
        let (at, _) = server(&format!("127.0.0.{}:0", n + 2), move |socket| {
            count.fetch_add(1, Ordering::SeqCst);
            async move {
                let _open = socket;
                std::future::pending::<()>().await;
            }
        })
        .await;
        let client = client.clone();
        all.push(tokio::spawn(async move { post(&client, &format!("http://{at}/")).await }));
    }
    while came.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    let (quick, _) = server("127.0.0.1:0", |socket| say(socket, NO_CONTENT)).await;
    for _ in 0..5 {
        let other = post_for(Uuid::now_v7(), &client, &format!("http://{quick}/")).await;
        assert_eq!(other.unwrap().status, 204);
    }
    assert_eq!(came.load(Ordering::SeqCst), 2);
    all.iter().for_each(tokio::task::JoinHandle::abort);
    for one in all {
        assert!(one.await.is_err());
    }
    assert_eq!(client.places.known(), 0);
}

#[tokio::test]
async fn a_certificate_must_be_trusted_and_be_of_that_name() {
    let made = rcgen::generate_simple_self_signed(vec!["hooks.test".into()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut socket) = acceptor.accept(socket).await else { return };
                let mut head = Vec::new();
                while !head.ends_with(b"{}") && socket.read_buf(&mut head).await.is_ok_and(|n| n > 0) {}
                let _ = socket.write_all(NO_CONTENT.as_bytes()).await;
                let _ = tokio::time::timeout(Duration::from_secs(5), socket.read_buf(&mut head)).await;
            });
        }
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), made.cert.pem()).unwrap();
    let knowing = Outbound { ca_file: Some(file.path().to_owned()), ..open(&["127.0.0.1"]) };
    let client = |settings: &Outbound| Client::resolving(settings, names(&["127.0.0.1"])).unwrap();
    let answer = post(&client(&knowing), &format!("https://hooks.test:{port}/")).await.unwrap();
    assert_eq!(answer.status, 204);
    let other = post(&client(&knowing), &format!("https://other.test:{port}/")).await;
    assert!(matches!(other, Err(Error::Insecure(_))), "{other:?}");
    let strangers = post(&client(&open(&["127.0.0.1"])), &format!("https://hooks.test:{port}/")).await;
    assert!(matches!(strangers, Err(Error::Insecure(_))), "{strangers:?}");
    let empty = Outbound { ca_file: Some("/dev/null".into()), ..Outbound::default() };
    assert!(Client::new(&empty).unwrap_err().contains("outbound.ca_file"));
}
