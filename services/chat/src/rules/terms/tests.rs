use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn found(terms: &[&str], text: &str) -> Option<String> {
    Terms::compile(terms.iter().copied()).find(&fold(text)).map(str::to_owned)
}

#[track_caller]
fn finds(term: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(
            found(&["something else", term, "other*"], text).as_deref(),
            Some(term),
            "{term:?} in {text:?}"
        );
    }
}

#[track_caller]
fn spares(term: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(found(&[term], text), None, "{term:?} in {text:?}");
    }
}

#[test]
fn a_term_without_wildcards_is_a_whole_word() {
    finds("ass", &["ass", "an ASS!", "(ass)", "you ass, you"]);
    spares("ass", &["class", "assassin", "grass is green", "as", "as such", "mass.hit"]);
    finds("bad word", &["bad word", "a BAD  word.", "bad-word", "bad, word"]);
    spares("bad word", &["badly word", "a bad wordy man", "bad", "word bad"]);
}

#[test]
fn wildcards_stand_for_any_characters_of_the_same_word() {
    finds("ass*", &["ass", "assassin"]);
    spares("ass*", &["class"]);
    finds("*ass", &["class", "ass", "a grass"]);
    spares("*ass", &["assassin", "classy"]);
    finds("*ass*", &["classy", "ass"]);
    finds("f*k", &["fork", "fk", "flock"]);
    spares("f*k", &["forks", "f or k in words", "afk"]);
    finds("kill *self", &["kill yourself", "kill self"]);
    spares("kill *self", &["kill me", "kill me myself"]);
}

#[test]
fn look_alikes_and_leet_are_seen_through() {
    finds(
        "asshole",
        &["4ssh0l3", "а$$hоlе", "ａｓｓｈｏｌｅ", "𝖆𝖘𝖘𝖍𝖔𝖑𝖊", "ásshòlé", "a$$h01e", "🅰🆂🆂🅷🅾🅻🅴", "aꜱꜱʜole"],
    );
    finds("idiot", &["1d10t", "IDIOT", "id!ot", "ιdıοt"]);
    finds("hell", &["heII", "he11", "HELL", "НЕLL"]);
    spares("ass", &["455", "room 455", "a5", "@ss_in"]);
    spares("hi", &["h!", "h"]);
    finds("hi", &["hi!", "hi!!", "!hi"]);
    finds("1488", &["1488", "14 8 8 1488"]);
    finds("h264", &["h264"]);
}

#[test]
fn stretched_and_spelled_out_words_are_seen_through() {
    finds(
        "asshole",
        &[
            "asssshoooole",
            "aaasshole",
            "a.s.s.h.o.l.e",
            "a s s h o l e",
            "ass-hole",
            "a_s_s_h_o_l_e",
            "so a  s  s  h  o  l  e it is",
            "as.sh.ole",
            "aaa sss sss hhh ooo lll eee",
        ],
    );
    finds("aaa", &["aaa", "aaaaaa"]);
    spares("god", &["good", "go odd", "go d"]);
    spares("asshole", &["ass hole", "as shole"]);
    finds("ass", &["asss", "assssssss"]);
    spares("ass", &["as", "a ss"]);
}

#[test]
fn terms_of_scripts_without_blanks_are_found_anywhere() {
    finds("傻瓜", &["你是傻瓜吗", "傻瓜"]);
    finds("ばか", &["おまえはばかだ"]);
    finds("дурак", &["ты ДУРАК!"]);
    spares("дурак", &["дураки"]);
}

#[test]
fn terms_that_cannot_be_matched_are_refused() {
    for term in ["", "*", "**", "a*", " * ", "!?", "c++", "🙂"] {
        assert_eq!(check(term), Err(Invalid::TooShort), "{term:?}");
    }
    assert_eq!(check(&"x".repeat(61)), Err(Invalid::TooLong));
    assert_eq!(check(&"ﷺ".repeat(60)), Err(Invalid::TooLong));
    for term in ["ab", "瓜", "*ab*", "a*b", "c++ rules", "a b"] {
        assert_eq!(check(term), Ok(()), "{term:?}");
    }
    assert_eq!(tidy("  Ab  ***C\u{7}  d*  "), "ab *c d*");
}

#[test]
fn more_letters_than_fit_are_left_out_and_told_before() {
    let long = "abcdefghij".repeat(6);
    let all: Vec<&str> = std::iter::repeat_n(long.as_str(), 200).collect();
    let terms = Terms::compile(all.iter().copied());
    assert!(terms.letters() <= MAX_LETTERS && !terms.has_room_for(&long));
    assert!(Terms::default().has_room_for(&long));
}

fn slowest(terms: &Terms, text: &str) -> Duration {
    (0..5)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(terms.find(&fold(text)), None);
            start.elapsed()
        })
        .min()
        .unwrap()
}

/// Seconds, not what it costs: a debug build is slow. The bound is that neither terms nor texts can make it quadratic.
#[test]
fn the_worst_texts_and_terms_take_linear_time() {
    let ordinary: Vec<String> = (0..500).map(|n| format!("term{n}word")).collect();
    let nasty: Vec<String> = (0..500).map(|n| format!("*{}{n}z", "il1*".repeat(3))).collect();
    for list in [ordinary, nasty] {
        let terms = Terms::compile(list.iter().map(String::as_str));
        for text in [
            "1 ".repeat(2_048),
            "il1|".repeat(1_024),
            "a".repeat(4_096),
            "word term ".repeat(409),
            "İﷺ".repeat(800),
        ] {
            let took = slowest(&terms, &text);
            println!("{took:?} {}", text.chars().take(12).collect::<String>());
            assert!(took < Duration::from_secs(2), "{took:?}");
        }
    }
}

/// What `*` and whole words mean, by trying everything.
fn naive(term: &[u8], word: &[u8]) -> bool {
    match term.split_first() {
        None => word.is_empty(),
        Some((b'*', rest)) => (0..=word.len()).any(|n| naive(rest, &word[n..])),
        Some((c, rest)) => word.first() == Some(c) && naive(rest, &word[1..]),
    }
}

proptest! {
    #[test]
    fn any_terms_and_texts_can_be_read(terms in prop::collection::vec("\\PC{0,20}|[a-c* ]{0,12}", 0..8), text in "\\PC{0,60}|.{0,60}") {
        let compiled = Terms::compile(terms.iter().map(String::as_str));
        let _ = compiled.find(&fold(&text));
        for term in &terms {
            prop_assert_eq!(check(term), check(&tidy(term)));
            prop_assert_eq!(tidy(&tidy(term)), tidy(term));
        }
    }

    #[test]
    fn words_are_matched_as_by_trying_everything(term in "[a-c*]{1,5}", words in prop::collection::vec("(aa?|b|c){1,5}", 1..5)) {
        // Doubled letters only, and longer words: nothing is stretched or spelled out.
        let words: Vec<String> = words.into_iter().filter(|w| w.len() > 1 && !["aaa", "bbb", "ccc"].iter().any(|t| w.contains(t))).collect();
        let expected = check(&term).is_ok() && words.iter().any(|w| naive(term.as_bytes(), w.as_bytes()));
        prop_assert_eq!(found(&[&term], &words.join(" ")).is_some(), expected, "{} {:?}", term, words);
    }
}
