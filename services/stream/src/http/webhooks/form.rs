//! What an owner entered, as it is stored, or what is wrong with it.

use crate::{
    outbound::{Client, Error, Url},
    webhooks::event::Kind,
};
use streamly_status::FieldError;

/// An address that may be asked, as it is written canonically.
pub(super) fn target(client: &Client, text: &str, errors: &mut Vec<FieldError>) -> String {
    let checked =
        Url::parse(text.trim()).map_err(|_| Error::Invalid("cannot be read")).and_then(|mut url| {
            url.set_fragment(None);
            client.check(&url).map(|()| url)
        });
    match checked {
        Ok(url) => url.into(),
        Err(e) => {
            let mut detail = e.to_string();
            detail.replace_range(..1, &detail[..1].to_uppercase());
            errors.push(FieldError { field: "url".into(), code: "invalid", detail: format!("{detail}.") });
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
        for (bad, why) in [
            ("https://2130706433/", "The address leads nowhere on the public internet."),
            ("http://example.org/", "The address must begin with https://."),
            ("example.org", "The address cannot be read."),
        ] {
            target(&client, bad, &mut errors);
            assert_eq!(errors.pop().map(|e| e.detail).as_deref(), Some(why), "{bad}");
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
