//! Every letter in every language.

use super::{Change, Letter, Live, Reader, Site};
use crate::{device, refresh::Token};
use std::collections::{BTreeMap, HashSet};
use streamly_domain::Language;
use time::OffsetDateTime;
use uuid::Uuid;

const URL: &str = "https://stream.example";
const STOP: &str = "https://stream.example/api/streams/me/notices/stop/x";
/// Letters that there are, and what stands for a new one: without it the walk below would be of fewer than all.
const LETTERS: usize = 27;

fn live(title: &str, category: &str) -> Live {
    Live {
        broadcast: Uuid::nil(),
        username: "caster".into(),
        display_name: "Caster".into(),
        title: title.into(),
        category: category.into(),
    }
}

/// Each letter that the platform sends, with the paths of the links that it must have; `#` stands for a token.
fn all(language: Language, token: &Token) -> Vec<(Letter, Vec<&'static str>)> {
    let (site, to) = (Site::new(Some(URL)), Reader { name: "ada", language });
    let at = OffsetDateTime::UNIX_EPOCH;
    let firefox = device::read(Some("Mozilla/5.0 (X11; Linux) Firefox/127.0"));
    let forgot = vec!["/forgot-password"];
    let factor = |change| (site.factor_changed(to, change), vec!["/forgot-password", "/settings/account"]);
    vec![
        (site.confirm(to, token), vec!["/verify-email#"]),
        (site.confirm_registration(to, token), vec!["/verify-email#"]),
        (site.has_account(to), vec!["/login", "/forgot-password"]),
        (site.reset(to, token), vec!["/reset-password#"]),
        (site.password_changed(to), forgot.clone()),
        (site.confirm_change(to, token), vec!["/verify-email#"]),
        (site.change_asked(to), forgot.clone()),
        (site.address_changed(to, Some(token)), vec!["/verify-email#"]),
        (site.address_changed(to, None), vec![]),
        (site.new_sign_in(to, firefox, "192.0.2.7", at), forgot.clone()),
        (site.new_sign_in(to, device::read(None), "192.0.2.7", at), forgot.clone()),
        factor(Change::AppAdded),
        factor(Change::AppRemoved),
        factor(Change::CodesRenewed),
        factor(Change::CodeUsed(9)),
        factor(Change::PasskeyAdded("my key")),
        factor(Change::PasskeyRemoved("my key")),
        (site.second_factor_reset(to), vec!["/settings/account", "/forgot-password"]),
        (site.password_known(to), forgot),
        (site.account_closed(to, at, token), vec!["/restore-account#", "/forgot-password"]),
        (site.account_restored(to), vec!["/login"]),
        (site.account_erased(to), vec![]),
        (site.suspended(to, Some("spam")), vec![]),
        (site.suspended(to, None), vec![]),
        (site.live(to, &live("Engines", "Music"), STOP), vec!["/caster", "/settings/notices"]),
        (site.live(to, &live("", ""), STOP), vec!["/caster", "/settings/notices"]),
        (site.live(to, &live("", "of ours"), STOP), vec!["/caster", "/settings/notices"]),
    ]
}

#[test]
fn every_letter_greets_its_reader_has_its_links_and_no_gap() {
    let token = Token::random().unwrap();
    for language in Language::ALL {
        let letters = all(language, &token);
        assert_eq!(letters.len(), LETTERS);
        for (letter, links) in letters {
            let Letter { kind, subject, text, .. } = &letter;
            assert_eq!(letter.language, language, "{kind}");
            let hello = match language {
                Language::En => "Hello ada,\n\n",
                Language::De => "Hallo ada,\n\n",
            };
            assert!(text.starts_with(hello) && text.ends_with(&format!("\n\n{URL}\n")), "{kind}: {text}");
            assert!(!subject.is_empty() && !subject.contains('\n'), "{kind}: {subject}");
            for gap in ["{", "}", "  \n", "\n\n\n", "\t", "\u{a0}"] {
                assert!(!text.contains(gap) && !subject.contains(gap), "{kind} has {gap:?}: {text}");
            }
            // A link is a line of its own, so that it can be copied, and a token is in one place.
            let mut tokens = 0;
            for path in links {
                let link = match path.strip_suffix('#') {
                    Some(page) => {
                        tokens += 1;
                        format!("{URL}{page}#{}", token.to_text())
                    }
                    None => format!("{URL}{path}"),
                };
                assert!(text.lines().any(|line| line == link), "{kind} lacks {link}: {text}");
            }
            assert_eq!(text.matches(&token.to_text()).count(), tokens, "{kind}: {text}");
        }
    }
}

#[test]
fn no_letter_is_said_in_the_words_of_another_language() {
    let token = Token::random().unwrap();
    let said = |language| -> BTreeMap<usize, Letter> {
        all(language, &token).into_iter().map(|(letter, _)| letter).enumerate().collect()
    };
    let (english, german) = (said(Language::En), said(Language::De));
    for (n, en) in &english {
        let de = &german[n];
        assert_eq!(en.kind, de.kind);
        assert_ne!(en.subject, de.subject);
        // But for addresses, names and what people wrote, no line is the same.
        let lines: HashSet<_> = en.text.lines().filter(|line| line.contains(' ')).collect();
        let same: Vec<_> = de.text.lines().filter(|line| lines.contains(line)).collect();
        let theirs = ["  spam", "  Engines", "  of ours"];
        assert!(same.iter().all(|line| theirs.contains(line)), "{}: {same:?}", en.kind);
    }
}

#[test]
fn a_letter_about_a_used_code_says_how_many_are_left() {
    let text = |language, left| {
        let to = Reader { name: "ada", language };
        Site::new(None).factor_changed(to, Change::CodeUsed(left)).text
    };
    for (left, english, german) in [
        (0, "None is left: make new ones.", "Keiner ist übrig: Erstelle neue."),
        (1, "One is left.", "Übrig ist einer."),
        (2, "2 are left.", "Übrig sind 2."),
    ] {
        assert!(text(Language::En, left).contains(english), "{left}");
        assert!(text(Language::De, left).contains(german), "{left}");
    }
}

#[test]
fn only_who_may_take_an_address_back_gets_a_link() {
    let (site, token) = (Site::new(None), Token::random().unwrap());
    for language in Language::ALL {
        let to = Reader { name: "ada", language };
        assert!(site.address_changed(to, Some(&token)).text.contains("/verify-email#"));
        assert!(!site.address_changed(to, None).text.contains('#'));
    }
}

#[test]
fn a_seeded_category_is_called_as_its_readers_call_it_and_another_as_it_is() {
    let text = |language, category| {
        Site::new(None).live(Reader { name: "ada", language }, &live("T", category), STOP).text
    };
    assert!(text(Language::De, "Music").contains("\n  T\n  Musik\n"));
    assert!(text(Language::En, "Music").contains("\n  T\n  Music\n"));
    assert!(text(Language::De, "of ours").contains("\n  T\n  of ours\n"));
}

#[test]
fn the_accounts_language_comes_before_that_of_who_asked_and_english_is_last() {
    let of = |own, asked| Reader::new("ada", own, asked).language;
    assert_eq!(of(Some(Language::De), Some(Language::En)), Language::De);
    assert_eq!(of(None, Some(Language::De)), Language::De);
    assert_eq!(of(None, None), Language::En);
}
