//! What an expression of PromQL asks of which metrics: names, labels, values. It computes nothing and finds no mistakes: `promtool` does.
//!
//! Labels that `by (...)` keeps are asked of all metrics in the parentheses behind it; so rules and dashboards are written.

use std::{collections::BTreeSet, iter::Peekable, vec::IntoIter};

/// One metric in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) name: String,
    pub(crate) labels: BTreeSet<String>,
    /// Labels with the values that they are compared with, where those are words.
    pub(crate) values: Vec<(String, String)>,
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

type Tokens = Peekable<IntoIter<Token>>;

/// Numbers, durations and ranges are left out.
fn tokens(expression: &str) -> Tokens {
    let mut all = Vec::new();
    let mut chars = expression.chars().peekable();
    let is_of_word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                let mut text = String::new();
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    text.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
                }
                all.push(Token::Text(text));
            }
            '[' => while chars.next().is_some_and(|c| c != ']') {},
            '0'..='9' => while chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '.').is_some() {},
            c if is_of_word(&c) => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(is_of_word) {
                    word.push(c);
                }
                all.push(Token::Word(word));
            }
            c if c.is_whitespace() => {}
            c => all.push(Token::Sign(c)),
        }
    }
    all.into_iter().peekable()
}

/// All metrics of ours in it, in their order, recorded ones (`a:b:c`) among them.
pub(crate) fn uses(expression: &str) -> Vec<Use> {
    let mut found = Vec::new();
    group(&mut tokens(expression), &BTreeSet::new(), &mut found);
    found
}

/// Up to the parenthesis that ends it.
fn group(tokens: &mut Tokens, kept: &BTreeSet<String>, found: &mut Vec<Use>) {
    let mut by: Option<BTreeSet<String>> = None;
    while let Some(token) = tokens.next() {
        match token {
            Token::Sign(')') => return,
            Token::Sign('(') => {
                let all = by.take().unwrap_or_default().union(kept).cloned().collect();
                group(tokens, &all, found);
            }
            Token::Word(word) if word == "by" => by = Some(list(tokens)),
            Token::Word(word) if matches!(word.as_str(), "on" | "ignoring" | "without") => {
                list(tokens);
            }
            Token::Word(name) if is_ours(&name) => {
                let mut one = Use { name, labels: kept.clone(), values: Vec::new() };
                if tokens.next_if_eq(&Token::Sign('{')).is_some() {
                    matchers(tokens, &mut one);
                }
                found.push(one);
            }
            _ => {}
        }
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("streamly_") || name.starts_with("process_") || name.contains(':')
}

/// The words in the parentheses that follow.
fn list(tokens: &mut Tokens) -> BTreeSet<String> {
    let inside = tokens.by_ref().take_while(|token| *token != Token::Sign(')'));
    inside.filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None }).collect()
}

fn matchers(tokens: &mut Tokens, one: &mut Use) {
    let mut label = String::new();
    for token in tokens.by_ref().take_while(|token| *token != Token::Sign('}')) {
        match token {
            Token::Word(word) => {
                one.labels.insert(word.clone());
                label = word;
            }
            Token::Text(text) => {
                let is_word = |value: &&str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                let values = text.split('|').filter(is_word);
                one.values.extend(values.map(|value| (label.clone(), value.to_owned())));
            }
            Token::Sign(_) => {}
        }
    }
}

#[test]
fn names_labels_and_values_are_found() {
    let expression = r#"histogram_quantile(0.95, sum by (le, rung) (rate(streamly_a_seconds_bucket{kind=~"x|y", instance=~"$instance"}[5m])))
        > on (service) 2 * streamly_b_total offset 15m unless instance:c:ratio{d!="e.+"} and up{job="streamly"}"#;
    let found = uses(expression);
    let labels = |at: usize| found[at].labels.iter().map(String::as_str).collect::<Vec<_>>();
    let names: Vec<_> = found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["streamly_a_seconds_bucket", "streamly_b_total", "instance:c:ratio"]);
    assert_eq!(labels(0), ["instance", "kind", "le", "rung"]);
    assert_eq!(found[0].values, [("kind".into(), "x".into()), ("kind".into(), "y".into())]);
    assert_eq!((labels(1), labels(2)), (vec![], vec!["d"]));
    assert!(found[2].values.is_empty());
}
