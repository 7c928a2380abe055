//! What is suspicious about a message, and what the room's settings make of it.
//!
//! Pure: what takes asking (terms, floods, whether the author is new) [`crate::screen`] has found out before. Of all rules that a message
//! breaks the strictest measure counts, and of equal ones the first in the order of [`Reason`].

use super::{Judgement, Reason, shape};
use crate::{
    config::Rules,
    error::Code,
    settings::{Measure, Settings},
};

/// Which rules a message breaks, whatever the settings say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// The blocked term that is in it.
    pub term: Option<String>,
    /// A link by somebody who is new here.
    pub new_user_link: bool,
    /// An image by somebody who is new here.
    pub new_user_image: bool,
    /// One of too many.
    pub flood: bool,
    /// Mostly capitals.
    pub caps: bool,
    /// The same over and over.
    pub repeats: bool,
}

impl Findings {
    /// What the text alone shows.
    pub fn of_text(text: &str, rules: &Rules) -> Self {
        Self {
            caps: shape::is_shouted(text, rules.caps_letters, rules.caps_percent),
            repeats: shape::is_repetitive(text, rules.repeated_characters, rules.repeated_words),
            ..Self::default()
        }
    }

    /// What becomes of the message.
    pub fn judge(&self, settings: &Settings) -> Judgement {
        let rules = &settings.rules;
        let broken = [
            (self.term.is_some(), rules.terms, Reason::Terms),
            (self.new_user_link, rules.new_user_links, Reason::NewUserLinks),
            (self.flood, rules.flood, Reason::Flood),
            (self.caps, rules.caps, Reason::Caps),
            (self.repeats, rules.repeats, Reason::Repeats),
            // Wherever images may be shared: what a stranger shows is looked at first.
            (self.new_user_image, Measure::Hold, Reason::Image),
        ];
        let broken =
            broken.into_iter().filter(|(is_broken, measure, _)| *is_broken && *measure != Measure::Allow);
        // The first of the strictest.
        match broken.reduce(|strictest, next| if next.1 > strictest.1 { next } else { strictest }) {
            None => Judgement::Pass,
            Some((_, Measure::Refuse, _)) => Judgement::Refuse(Code::NotAllowed, None),
            Some((_, _, reason)) => Judgement::Hold(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(measure: Measure) -> Settings {
        let mut settings = Settings::default();
        let r = &mut settings.rules;
        for rule in [&mut r.terms, &mut r.new_user_links, &mut r.flood, &mut r.caps, &mut r.repeats] {
            *rule = measure;
        }
        settings
    }

    fn each() -> Vec<(Findings, Reason)> {
        let none = Findings::default();
        vec![
            (Findings { term: Some("x".into()), ..none.clone() }, Reason::Terms),
            (Findings { new_user_link: true, ..none.clone() }, Reason::NewUserLinks),
            (Findings { flood: true, ..none.clone() }, Reason::Flood),
            (Findings { caps: true, ..none.clone() }, Reason::Caps),
            (Findings { repeats: true, ..none }, Reason::Repeats),
        ]
    }

    #[test]
    fn each_rule_allows_holds_or_refuses_as_it_is_set() {
        for (findings, reason) in each() {
            assert_eq!(findings.judge(&settings(Measure::Allow)), Judgement::Pass, "{reason:?}");
            assert_eq!(findings.judge(&settings(Measure::Hold)), Judgement::Hold(reason));
            let refused = Judgement::Refuse(Code::NotAllowed, None);
            assert_eq!(findings.judge(&settings(Measure::Refuse)), refused, "{reason:?}");
        }
        assert_eq!(Findings::default().judge(&settings(Measure::Refuse)), Judgement::Pass);
    }

    #[test]
    fn the_strictest_measure_counts_and_of_equal_ones_the_first() {
        let all = Findings {
            term: Some("x".into()),
            new_user_link: true,
            new_user_image: true,
            flood: true,
            caps: true,
            repeats: true,
        };
        assert_eq!(all.judge(&settings(Measure::Hold)), Judgement::Hold(Reason::Terms));
        let mut mixed = settings(Measure::Hold);
        mixed.rules.terms = Measure::Allow;
        assert_eq!(all.judge(&mixed), Judgement::Hold(Reason::NewUserLinks));
        mixed.rules.repeats = Measure::Refuse;
        assert_eq!(all.judge(&mixed), Judgement::Refuse(Code::NotAllowed, None));
    }

    #[test]
    fn an_image_of_somebody_new_waits_whatever_is_set() {
        let image = Findings { new_user_image: true, ..Findings::default() };
        assert_eq!(image.judge(&settings(Measure::Allow)), Judgement::Hold(Reason::Image));
        let shouted = Findings { caps: true, ..image };
        assert_eq!(shouted.judge(&settings(Measure::Refuse)), Judgement::Refuse(Code::NotAllowed, None));
    }

    #[test]
    fn the_text_shows_shouting_and_repeats() {
        let rules = Rules::default();
        let of = |text| Findings::of_text(text, &rules);
        assert!(of("WHY IS NOBODY LISTENING TO ME").caps && of("spam spam spam spam spam spam spam").repeats);
        assert_eq!(of("good evening"), Findings::default());
    }
}
