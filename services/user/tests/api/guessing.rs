//! Failed sign-ins slow down those that fail, and not the account's owner.

use crate::app::{PASSWORD, TestApp};
use reqwest::{Method, header};
use serde_json::json;
use streamly_config::Duration;
use streamly_user::config::{Config, Delay, Rate};

/// Only the pauses count.
fn pauses(c: &mut Config, of_address: u32, of_account: u32) {
    c.rate_limits = true;
    c.limits.login.burst = 1_000;
    c.limits.login_address.burst = 1_000;
    let pause = |free| Delay { free, first: Duration::from_secs(60), most: Duration::from_secs(300) };
    c.limits.login_delay = pause(of_address);
    c.limits.login_account_delay = pause(of_account);
}

/// A sign-in to ada's account from an address, by a browser that is known or not; its status.
async fn try_from(app: &TestApp, address: &str, password: &str, browser: Option<&str>) -> u16 {
    let mut request = app.request(Method::POST, "/api/auth/login").header("x-forwarded-for", address);
    if let Some(browser) = browser {
        request = request.header(header::COOKIE, format!("browser={browser}"));
    }
    app.send(request.json(&json!({"login": "ada", "password": password}))).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_one_address_grow_pauses_for_it_alone_and_a_success_forgets_them() {
    let app = TestApp::spawn_with(|c| pauses(c, 3, 1_000)).await;
    app.register("ada").await;
    for _ in 0..2 {
        assert_eq!(try_from(&app, "192.0.2.1", "wrong", None).await, 401);
    }
    assert_eq!(try_from(&app, "192.0.2.1", PASSWORD, None).await, 200);
    for _ in 0..3 {
        assert_eq!(try_from(&app, "192.0.2.1", "wrong", None).await, 401);
    }
    let paused = app.request(Method::POST, "/api/auth/login").header("x-forwarded-for", "192.0.2.1");
    let paused = app.send(paused.json(&json!({"login": "ADA ", "password": PASSWORD}))).await;
    assert_eq!((paused.status.as_u16(), paused.code()), (429, "rate_limited"));
    let wait: u64 = paused.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((58..=60).contains(&wait), "{wait}");
    assert_eq!(try_from(&app, "192.0.2.2", PASSWORD, None).await, 200, "another address is not concerned");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_from_many_addresses_are_slowed_down_and_the_owners_browser_is_not() {
    let app = TestApp::spawn_with(|c| pauses(c, 1_000, 5)).await;
    let browser = app.register("ada").await.browser();
    for n in 0..5 {
        assert_eq!(try_from(&app, &format!("192.0.2.{n}"), "wrong", None).await, 401);
    }
    // The sixth address waits, also with the right password; so does somebody with a made-up cookie.
    assert_eq!(try_from(&app, "192.0.2.100", PASSWORD, None).await, 429);
    assert_eq!(try_from(&app, "192.0.2.101", PASSWORD, Some(&"A".repeat(43))).await, 429);
    assert_eq!(try_from(&app, "192.0.2.102", PASSWORD, Some(&browser)).await, 200);
    // The owner's success does not give the guessers another go.
    assert_eq!(try_from(&app, "192.0.2.103", PASSWORD, None).await, 429);
    // An account of that name or none: the pause tells nothing.
    for n in 0..5 {
        let request =
            app.request(Method::POST, "/api/auth/login").header("x-forwarded-for", format!("192.0.2.{n}"));
        let answer = app.send(request.json(&json!({"login": "nobody_here", "password": "x"}))).await;
        assert_eq!(answer.code(), "invalid_credentials");
    }
    let request =
        app.request(Method::POST, "/api/auth/login").json(&json!({"login": "nobody_here", "password": "x"}));
    assert_eq!(app.send(request).await.code(), "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_ipv6_is_one_address_however_many_it_has() {
    let app = TestApp::spawn_with(|c| {
        pauses(c, 3, 1_000);
        c.limits.register = Rate { burst: 2, interval: Duration::from_secs(60) };
    })
    .await;
    let register = async |name: &str, address: &str| {
        let request = app.request(Method::POST, "/api/auth/register").header("x-forwarded-for", address);
        let body = json!({"username": name, "email": format!("{name}@example.org"), "password": PASSWORD});
        app.send(request.json(&body)).await.status.as_u16()
    };
    assert_eq!(register("ada", "2001:db8:1:200::1").await, 201);
    assert_eq!(register("bob", "2001:db8:1:2aa::1").await, 201);
    assert_eq!(register("eve", "2001:db8:1:2ff::1").await, 429);
    assert_eq!(register("eve", "2001:db8:1:300::1").await, 201, "the next customer is not concerned");
    for n in 1..=3 {
        assert_eq!(try_from(&app, &format!("2001:db8:1:2{n:02x}::{n}"), "wrong", None).await, 401);
    }
    assert_eq!(try_from(&app, "2001:db8:1:2ff::ffff", PASSWORD, None).await, 429);
    assert_eq!(try_from(&app, "2001:db8:1:300::1", PASSWORD, None).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_are_no_way_around() {
    let app = TestApp::spawn_with(|c| pauses(c, 3, 1_000)).await;
    app.register("ada").await;
    let all = (0..12).map(|_| try_from(&app, "192.0.2.1", "wrong", None));
    let statuses = futures_join(all).await;
    assert_eq!(statuses.iter().filter(|s| **s == 401).count(), 3, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|s| **s == 429).count(), 9, "{statuses:?}");
}

async fn futures_join<F: std::future::Future<Output = u16>>(all: impl Iterator<Item = F>) -> Vec<u16> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|cx| {
        all.retain_mut(|f| match f.as_mut().poll(cx) {
            std::task::Poll::Ready(status) => {
                done.push(status);
                false
            }
            std::task::Poll::Pending => true,
        });
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}
