//! What an owner entered, as it is stored, or what is wrong with it.

use crate::{
    outbound::{Client, Url},
    webhooks::{event::Kind, reason::Reason},
};
use streamly_status::FieldError;

/// An address that may be asked, as it is written canonically.
pub(super) fn target(client: &Client, text: &str, errors: &mut Vec<FieldError>) -> String {
    let checked = Url::parse(text.trim()).map_err(|_| Reason::Unreadable).and_then(|mut url| {
        url.set_fragment(None);
        client.check(&url).map(|()| url).map_err(|e| Reason::from(&e))
    });
    match checked {
        Ok(url) => url.into(),
        Err(reason) => {
            let detail = reason.sentence().to_owned();
            errors.push(FieldError { field: "url".into(), code: reason.code(), detail });
            String::new()
        }
    }
}

/// The events by their names, each once, in one order.
pub(super) fn chosen(names: &[String], errors: &mut Vec<FieldError>) -> Vec<&'static str> {
    let mut wrong = |code: &'static str, detail: &str| {
        errors.push(FieldError { field: "events".into(), code, detail: detail.to_owned() });
    };
    if names.is_empty() {
        wrong("required", "Choose at least one event.");
    } else if names.iter().any(|name| Kind::chosen(name).is_none()) {
        wrong("invalid", "There are live, ended, followed and updated.");
    }
    let chosen = |kind: &Kind| names.iter().any(|name| name == kind.as_str());
    Kind::CHOSEN.into_iter().filter(chosen).map(Kind::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Outbound;

    #[test]
    fn addresses_are_stored_canonically_and_bad_ones_are_named_in_a_sentence() {
        let client = Client::new(&Outbound::default()).unwrap();
        let mut errors = Vec::new();
        assert_eq!(
            target(&client, " HTTPS://Example.ORG:443/a b#c ", &mut errors),
            "https://example.org/a%20b"
        );
        assert!(errors.is_empty());
        for (bad, code, names) in [
            ("https://2130706433/", "not_public", "stream.outbound.allow"),
            ("https://10.0.0.1/hook", "not_public", "stream.outbound.allow"),
            ("https://localhost/", "not_public", "stream.outbound.allow"),
            ("http://example.org/", "not_https", "stream.outbound.https_only"),
            ("https://example.org:22/", "port", "stream.outbound.ports"),
            ("https://me:pw@example.org/", "credentials", "signature"),
            ("example.org", "unreadable", "https://example.org/hook"),
            ("https://", "unreadable", "https://example.org/hook"),
        ] {
            target(&client, bad, &mut errors);
            let wrong = errors.pop().unwrap_or_else(|| panic!("{bad}"));
            assert_eq!((wrong.field.as_str(), wrong.code), ("url", code), "{bad}");
            assert!(wrong.detail.contains(names), "{bad}: {}", wrong.detail);
        }
    }

    #[test]
    fn events_are_those_that_can_be_chosen_each_once() {
        let mut errors = Vec::new();
        let names = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(chosen(&names(&["ended", "live", "ended"]), &mut errors), ["live", "ended"]);
        assert!(errors.is_empty());
        for bad in [&[][..], &["test"], &["live", "gone"]] {
            chosen(&names(bad), &mut errors);
            assert!(errors.pop().is_some(), "{bad:?}");
        }
    }
}
