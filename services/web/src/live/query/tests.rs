use super::*;
use actix_web::web;
use proptest::prelude::*;
use serde::Deserialize;

/// The same, as serde has it.
#[derive(Debug, Deserialize)]
struct Derived {
    #[serde(rename = "_HLS_msn")]
    msn: Option<String>,
    #[serde(rename = "_HLS_part")]
    part: Option<String>,
    #[serde(rename = "_HLS_skip")]
    skip: Option<String>,
    ll: Option<String>,
    sid: Option<String>,
    token: Option<String>,
    preview: Option<String>,
}

fn alike(text: &str) -> std::result::Result<(), TestCaseError> {
    let derived = web::Query::<Derived>::from_query(text).map(web::Query::into_inner);
    let own = Query::parse(text);
    prop_assert_eq!(own.is_ok(), derived.is_ok(), "{:?}", text);
    if let (Ok(own), Ok(derived)) = (own, derived) {
        let own = [own.msn, own.part, own.skip, own.ll, own.sid, own.token, own.preview];
        let own = own.map(|value| value.map(Cow::into_owned));
        let Derived { msn, part, skip, ll, sid, token, preview } = derived;
        prop_assert_eq!(own, [msn, part, skip, ll, sid, token, preview], "{:?}", text);
    }
    Ok(())
}

fn url(query: &str) -> Option<String> {
    let mut url = "x.m3u8".to_owned();
    Query::parse(query).ok()?.wanted().ok()?.push(&mut url);
    Some(url)
}

#[test]
fn one_order_and_one_spelling_reach_the_origin() {
    for (query, sent) in [
        ("", "x.m3u8"),
        ("sid=a&token=b&preview=1&x=y&ll=1", "x.m3u8"),
        ("_HLS_part=01&sid=a&_HLS_msn=%30007", "x.m3u8?_HLS_msn=7&_HLS_part=1"),
        ("ll=0&_HLS_skip=YES", "x.m3u8?_HLS_skip=YES&ll=0"),
        ("_HLS_skip=v2&_HLS_msn=1&&", "x.m3u8?_HLS_msn=1&_HLS_skip=v2"),
        ("%5fHLS_msn=3", "x.m3u8?_HLS_msn=3"),
        ("_HLS_msn=1&_HLS_part=1000", "x.m3u8?_HLS_msn=1&_HLS_part=1000"),
    ] {
        assert_eq!(url(query).as_deref(), Some(sent), "{query}");
    }
    let wanted = |query| Query::parse(query).unwrap().wanted().unwrap();
    assert!(wanted("_HLS_msn=1").is_blocking() && !wanted("_HLS_part=1").is_blocking());
}

#[test]
fn what_is_not_of_its_form_is_refused() {
    for query in [
        "_HLS_msn=",
        "_HLS_msn=x",
        "_HLS_msn=-1",
        "_HLS_msn=+1",
        "_HLS_msn=12345678901234567890",
        "_HLS_part=1001",
        "_HLS_skip=yes",
        "ll=2",
        "ll",
        "ll=0&ll=0",
        "sid=a&si%64=b",
    ] {
        assert_eq!(url(query), None, "{query}");
    }
    let code = |query| Query::parse(query).unwrap().wanted().unwrap_err().code();
    assert_eq!(code("_HLS_part=1001"), Code::PlaylistOutOfRange);
    assert_eq!(code("_HLS_part=x"), Code::MalformedRequest);
    assert_eq!(Query::parse("ll=0&ll=1").unwrap_err().code(), Code::MalformedRequest);
}

#[test]
fn a_query_without_escapes_is_not_copied() {
    let query = Query::parse("_HLS_msn=7&_HLS_part=1&sid=0123456789abcdef").unwrap();
    for value in [query.msn, query.part, query.sid] {
        assert!(matches!(value, Some(Cow::Borrowed(_))), "{value:?}");
    }
}

fn text() -> impl Strategy<Value = String> {
    let names = vec!["_HLS_msn", "_HLS_part", "%6cl", "ll", "sid", "token", "preview", "x", ""];
    let name = prop::sample::select(names);
    let value = prop_oneof!["[0-9]{0,21}", "[%+=0-9a-fA-F]{0,12}", "\\PC{0,6}", "(%[0-9a-f]{2}){0,4}"];
    let pair = (name, prop_oneof![9 => Just("="), 1 => Just("")], value)
        .prop_map(|(name, mark, value)| format!("{name}{mark}{value}"));
    prop::collection::vec(pair, 0..5).prop_map(|pairs| pairs.join("&"))
}

proptest! {
    #[test]
    fn it_is_read_as_forms_are(text in text(), any in "\\PC{0,40}", escaped in "[%+&=a-fA-F0-9]{0,30}") {
        alike(&text)?;
        alike(&any)?;
        alike(&escaped)?;
    }

    #[test]
    fn nothing_but_numbers_and_known_words_reaches_an_origin(text in text()) {
        if let Some(url) = url(&text) {
            prop_assert!(url.bytes().all(|b| b.is_ascii_alphanumeric() || b"._?&=".contains(&b)), "{}", url);
        }
    }
}
