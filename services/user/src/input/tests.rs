//! What is refused, and by which code.

use super::*;
use proptest::prelude::*;

fn wrong(username: Value, email: Value, password: Value) -> Vec<(String, &'static str)> {
    match Registration::parse(Some(username), Some(email), Some(password), None, None, true) {
        Err(Error::Invalid(fields)) => fields.into_iter().map(|f| (f.field, f.code)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_wrong_field_is_named_with_its_own_code() {
    let w = wrong("ab".into(), "nobody".into(), "short".into());
    let names: Vec<_> = w.iter().map(|(f, c)| (f.as_str(), *c)).collect();
    assert_eq!(names, [("username", "too_short"), ("email", "invalid"), ("password", "too_short")]);
    let w = wrong(7.into(), Value::Null, "x".repeat(129).into());
    let names: Vec<_> = w.iter().map(|(f, c)| (f.as_str(), *c)).collect();
    assert_eq!(names, [("username", "invalid"), ("email", "required"), ("password", "too_long")]);
}

#[test]
fn password_bounds_count_characters_and_are_exact() {
    let try_it = |password: String| {
        let (name, address) = (Some("ada".into()), Some("a@b.example".into()));
        Registration::parse(name, address, Some(password.into()), None, None, true).is_ok()
    };
    assert!(try_it("ä".repeat(8)) && try_it("ä".repeat(128)));
    assert!(!try_it("ä".repeat(7)) && !try_it("ä".repeat(129)));
}

#[test]
fn a_language_that_is_not_spoken_keeps_nobody_out_and_is_refused_where_it_is_all_that_is_changed() {
    let of = |tag: Value| {
        let (name, address) = (Some("ada".into()), Some("a@b.example".into()));
        Registration::parse(name, address, Some("long enough".into()), None, Some(tag), true)
            .unwrap()
            .language
    };
    assert_eq!(of("de-AT".into()), Some(Language::De));
    assert_eq!([of("tlh".into()), of(7.into()), of(Value::Null)], [None; 3]);
    assert_eq!(language(Some("de".into())).unwrap(), Language::De);
    for bad in [Value::from("tlh"), Value::from(""), Value::from(7)] {
        assert!(matches!(language(Some(bad)), Err(Error::Invalid(_))));
    }
}

#[test]
fn one_of_the_most_common_passwords_is_refused_in_whatever_case_unless_all_are_taken() {
    for common in ["password", "PassWord", "12345678", "qwertyuiop"] {
        let refused = wrong("ada".into(), "a@b.example".into(), common.into());
        assert_eq!(refused, [("password".to_owned(), "too_common")], "{common}");
        assert!(new_password(Some(common.into()), false).is_ok());
    }
    assert!(new_password(Some("password of mine".into()), true).is_ok());
}

#[test]
fn a_reason_is_one_line_of_bounded_text() {
    let parse = |text: &str| Reason::parse("reason", Some(text.into())).map(|r| r.as_str().to_owned());
    assert_eq!(parse(" spam\r\nBcc: x ").unwrap(), "spam  Bcc: x");
    assert!(parse(&"x".repeat(500)).is_ok());
    for bad in ["", "  ", &"x".repeat(501)] {
        assert!(matches!(parse(bad), Err(Error::Invalid(_))), "{bad}");
    }
}

#[test]
fn a_link_is_none_unless_it_could_be_one() {
    let token = Token::random().unwrap();
    assert_eq!(link(Some(token.to_text().into())).unwrap(), token);
    assert!(matches!(link(Some("junk".into())), Err(Error::InvalidLink)));
    assert!(matches!(link(Some(7.into())), Err(Error::Invalid(_))));
    assert!(matches!(link(None), Err(Error::Invalid(_))));
}

#[test]
fn addresses_are_bounded_and_lower_case() {
    assert_eq!(Email::parse("Ada+X@Mail.Example").unwrap().as_str(), "ada+x@mail.example");
    for bad in ["", "@", "a@", "@b.c", "a@b", "a b@c.d", "a@b..c", "a@-b.c", "a..b@c.d", "a@b.c\n", "ä@b.c"]
    {
        assert_eq!(Email::parse(bad), None, "{bad:?}");
    }
    let domain = format!("{0}.{0}.{0}", "d".repeat(63));
    assert!(Email::parse(&format!("{}@{domain}", "a".repeat(254 - 192))).is_some());
    assert!(Email::parse(&format!("{}@{domain}", "a".repeat(255 - 192))).is_none());
}

#[test]
fn a_login_is_a_name_or_an_address_or_nobody() {
    assert!(matches!(Login::parse(" Ada "), Login::Username(u) if u.as_str() == "ada"));
    assert!(matches!(Login::parse("A@b.example"), Login::Email(e) if e.as_str() == "a@b.example"));
    assert_eq!(Login::parse("?"), Login::Nobody);
}

proptest! {
    #[test]
    fn whatever_is_an_address_is_short_lower_case_and_has_one_at(s in "\\PC{0,40}|[a-zA-Z.@-]{0,40}") {
        if let Some(e) = Email::parse(&s) {
            prop_assert!(e.as_str().len() <= EMAIL_MAX);
            prop_assert_eq!(e.as_str().matches('@').count(), 1);
            prop_assert_eq!(e.as_str().to_lowercase(), e.as_str());
        }
    }
}
