//! Sign-ins as their owner sees them, and the notice of one from somewhere new.

use crate::{
    app::{PASSWORD, TestApp},
    letters::mail,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_redis::Redis;
use streamly_user::config::Rate;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1";

async fn list(app: &TestApp, access: &str) -> Vec<Value> {
    let answer = app.call(Method::GET, "/api/auth/sessions", access, Value::Null).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_in_words_and_one_is_ended_from_afar() {
    let app = TestApp::spawn().await;
    app.register("ada").await;
    app.sql("DELETE FROM refresh_tokens");
    let here = app.login_by("ada", FIREFOX, None).await;
    let there = app.login_by("ada", PHONE, None).await;
    // A rotation leaves one session, with the time of its start.
    app.sql("UPDATE refresh_tokens SET started_at = started_at - interval '1 day'");
    let there = app.refresh(&there.token()).await;
    let sessions = list(&app, here.access()).await;
    let seen: Vec<_> =
        sessions.iter().map(|s| (s["device"].as_str().unwrap(), s["current"].as_bool().unwrap())).collect();
    // The last refresh named no browser.
    assert_eq!(seen, [("Unknown device", false), ("Firefox on Linux", true)]);
    assert_eq!((&sessions[1]["user_agent"], &sessions[1]["ip"]), (&json!(FIREFOX), &json!("127.0.0.1")));
    assert!(sessions[0]["created_at"].as_str().unwrap() < sessions[0]["last_used_at"].as_str().unwrap());

    let redis = Redis::new(&app.config.redis, &Readiness::new()).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    let path = format!("/api/auth/sessions/{}", sessions[0]["id"].as_str().unwrap());
    let asked = Instant::now();
    let ended = app.call(Method::DELETE, &path, here.access(), Value::Null).await;
    assert_eq!(ended.status, 204);
    assert_eq!(app.me(there.access()).await.code(), "unauthenticated");
    assert_eq!(app.refresh(&there.token()).await.code(), "invalid_refresh_token");
    // Other services hear of it within a second.
    let key = format!("rev:{}", here.body["user"]["id"].as_str().unwrap());
    loop {
        if redis.call::<Option<String>>("GET", [key.clone()]).await.unwrap().is_some() {
            break;
        }
        assert!(asked.elapsed() < Duration::from_secs(1), "not told");
    }
    let next = app.refresh(&here.token()).await;
    assert_eq!(list(&app, next.access()).await.len(), 1);
    assert_eq!(app.call(Method::DELETE, &path, next.access(), Value::Null).await.code(), "session_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_ends_a_session_of_somebody_else() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.register("ada").await, app.register("bob").await);
    let hers = list(&app, ada.access()).await;
    assert_eq!(hers.len(), 1);
    let id = hers[0]["id"].as_str().unwrap();
    assert!(list(&app, bob.access()).await.iter().all(|s| s["id"] != id));
    for id in [id, "none", "' OR 1=1 --"] {
        let path = format!("/api/auth/sessions/{}", id.replace(' ', "%20"));
        let refused = app.call(Method::DELETE, &path, bob.access(), Value::Null).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (404, "session_not_found"));
    }
    assert_eq!(app.call(Method::DELETE, "/api/auth/sessions", bob.access(), Value::Null).await.status, 204);
    assert_eq!(app.me(ada.access()).await.status, 200);
    assert_eq!(app.refresh(&ada.token()).await.status, 200);
    assert_eq!(app.get("/api/auth/sessions").await.code(), "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_other_sessions_are_ended_and_this_one_goes_on() {
    let app = TestApp::spawn().await;
    let here = app.register("ada").await;
    let others = [app.login("ada", PASSWORD).await, app.login("ada", PASSWORD).await];
    let ended = app.call(Method::DELETE, "/api/auth/sessions", here.access(), Value::Null).await;
    assert_eq!(ended.status, 204);
    for other in &others {
        assert_eq!(app.me(other.access()).await.code(), "unauthenticated");
        assert_eq!(app.refresh(&other.token()).await.code(), "invalid_refresh_token");
    }
    let next = app.refresh(&here.token()).await;
    assert_eq!(app.me(next.access()).await.status, 200);
    // A token that is signed in the second of the end is good.
    let again = app.login("ada", PASSWORD).await;
    assert_eq!(app.me(again.access()).await.status, 200);
    // The access token of a session that signed out is over at once here.
    app.logout(&again.token()).await;
    assert_eq!(app.me(again.access()).await.code(), "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_sign_in_too_many_the_one_that_was_used_longest_ago_ends() {
    let app = TestApp::spawn_with(|c| c.sessions = 2).await;
    let bob = app.register("bob").await;
    let first = app.register("ada").await;
    let second = app.login("ada", PASSWORD).await;
    let first = app.refresh(&first.token()).await;
    assert_eq!(first.status, 200);
    let third = app.login("ada", PASSWORD).await;
    assert_eq!(app.me(second.access()).await.code(), "unauthenticated");
    assert_eq!(app.refresh(&second.token()).await.code(), "invalid_refresh_token");
    for goes_on in [&first, &third, &bob] {
        assert_eq!(app.me(goes_on.access()).await.status, 200);
        assert_eq!(app.refresh(&goes_on.token()).await.status, 200);
    }
    assert_eq!(list(&app, third.access()).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_some_of_very_many_at_a_time_never_itself_and_waits_for_none() {
    let app = TestApp::spawn_with(|c| c.sessions = 1).await;
    app.register("ada").await;
    // From before they were bounded, and all used later than the next one begins.
    app.sql(
        "INSERT INTO refresh_tokens (token_hash, family, user_id, auth_time, expires_at, created_at) \
         SELECT sha256(n::text::bytea), gen_random_uuid(), id, now(), now() + interval '1 day', now() + interval '1 hour' \
         FROM users, generate_series(1, 30) AS n WHERE username = 'ada'",
    );
    let first = app.login("ada", PASSWORD).await;
    assert_eq!(list(&app, first.access()).await.len(), 12);
    let second = app.login("ada", PASSWORD).await;
    assert_eq!(app.me(first.access()).await.code(), "unauthenticated");
    let left = list(&app, second.access()).await;
    assert_eq!(left.len(), 1);
    // As while that one is being renewed.
    let held = app.connection().await;
    let lock = format!("SELECT pg_advisory_lock(hashtextextended('{}', 0))", left[0]["id"].as_str().unwrap());
    held.batch_execute(&lock).await.unwrap();
    let third = app.login("ada", PASSWORD).await;
    assert_eq!(third.status, 200, "{third:?}");
    assert_eq!(list(&app, second.access()).await.len(), 2);
    held.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
    let fourth = app.login("ada", PASSWORD).await;
    for ended in [&second, &third] {
        assert_eq!(app.me(ended.access()).await.code(), "unauthenticated");
    }
    assert_eq!(list(&app, fourth.access()).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_are_ended_only_so_often_so_that_no_token_names_a_time_far_ahead() {
    let app = TestApp::spawn_with(|c| {
        c.rate_limits = true;
        c.limits.session_end = Rate { burst: 2, interval: streamly_config::Duration::from_secs(60) };
    })
    .await;
    let (mut here, bob) = (app.register("ada").await, app.register("bob").await);
    let end = async |access: &str| app.call(Method::DELETE, "/api/auth/sessions", access, Value::Null).await;
    for _ in 0..2 {
        assert_eq!(end(here.access()).await.status, 204);
        here = app.refresh(&here.token()).await;
    }
    let refused = end(here.access()).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (429, "rate_limited"));
    let one = list(&app, here.access()).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/auth/sessions/{one}");
    let refused = app.call(Method::DELETE, &path, here.access(), Value::Null).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (429, "rate_limited"));
    assert_eq!(end(bob.access()).await.status, 204, "somebody else's are another matter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_from_a_new_browser_is_told_and_one_from_a_known_one_is_not() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    app.register("ada").await;
    app.sql("UPDATE browsers SET device = 'Firefox on Linux'");
    let known = app.login_by("ada", FIREFOX, None).await;
    let browser = known.browser();
    // The browser is known, whatever it calls itself now.
    assert_eq!(app.login_by("ada", PHONE, Some(&browser)).await.browser(), browser);
    app.sql("UPDATE browsers SET device = 'Firefox on Linux'");
    let notices =
        || smtp.taken().into_iter().filter(|m| m.subject.contains("new sign-in")).collect::<Vec<_>>();
    app.login_by("ada", PHONE, None).await;
    let told = mail(&smtp, "ada@example.org", "A new sign-in to your account");
    assert!(told.text.contains("Safari on iPhone") && told.text.contains("127.0.0.1"), "{}", told.text);
    assert_eq!(notices().len(), 1, "only of the new one");
    // A known device in a network that was not seen.
    app.sql("UPDATE browsers SET network = '192.0.2.0/24'");
    app.login_by("ada", FIREFOX, None).await;
    app.until("told of the network", || notices().len() == 2).await;
    // What was long ago is new.
    app.sql("UPDATE browsers SET seen_at = now() - interval '91 days' WHERE network = '127.0.0.0/24'");
    app.login_by("ada", FIREFOX, None).await;
    app.until("told again", || notices().len() == 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_can_be_switched_off() {
    let (app, smtp) = TestApp::spawn_with_mail(|c| c.sign_in_notice = false).await;
    app.register("ada").await;
    app.login_by("ada", FIREFOX, None).await;
    app.login_by("ada", PHONE, None).await;
    // Whatever comes after it would come after a notice, too.
    app.post("/api/auth/password/forgot", json!({"email": "ada@example.org"})).await;
    mail(&smtp, "ada@example.org", "Choose a new password");
    assert!(smtp.taken().iter().all(|m| !m.subject.contains("sign-in")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_remembers_the_newest_browsers_and_the_one_that_signs_in() {
    let app = TestApp::spawn_with(|c| c.sessions = 2).await;
    let ada = app.register("ada").await;
    app.register("bob").await;
    // From before they were bounded; bob's are not hers.
    app.sql(
        "INSERT INTO browsers (user_id, token_hash, device, network, seen_at) SELECT id, sha256(n::text::bytea), 'old', 'net', \
         now() - n * interval '1 minute' FROM users, generate_series(1, 300) AS n",
    );
    app.login_by("ada", FIREFOX, Some(&ada.browser())).await;
    let kept = |name: &str, kept: u32| {
        app.sql(&format!(
            "SELECT 1 / (count(*) = {kept})::int FROM browsers b JOIN users u ON u.id = b.user_id WHERE username = '{name}'"
        ));
    };
    // 301 were there: two hundred at a time.
    kept("ada", 101);
    let new = app.login_by("ada", PHONE, None).await;
    kept("ada", 4);
    // Twice the most sign-ins: the two that signed in, and of the old ones the newest.
    for known in [&ada, &new] {
        assert_eq!(app.login_by("ada", PHONE, Some(&known.browser())).await.browser(), known.browser());
    }
    app.sql(
        "SELECT 1 / (count(*) = 2)::int FROM browsers b JOIN users u ON u.id = b.user_id WHERE username = 'ada' \
         AND device = 'old' AND token_hash IN (sha256('1'), sha256('2'))",
    );
    kept("bob", 301);
}
