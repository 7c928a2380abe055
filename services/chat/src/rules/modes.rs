//! The modes of a room that need no memory: followers only, verified only, emote only, links.
//!
//! Pure. Slow mode and unique need to know what was said before: [`crate::bus::Said`].

use super::{Author, Judgement, Reason, Text, links};
use crate::{
    error::Code,
    settings::{Measure, Settings},
};
use std::time::Duration;
use unicode_segmentation::UnicodeSegmentation;

/// Judges a message of somebody who is not exempt.
pub fn judge(now_ms: u64, settings: &Settings, author: &Author<'_>, text: &Text<'_>) -> Judgement {
    if settings.verified_only && !author.email_verified {
        return Judgement::Refuse(Code::VerifiedOnly, None);
    }
    if let Some(minutes) = settings.followers_only_min {
        let Some(since) = author.standing.followed_at_ms else {
            return Judgement::Refuse(Code::FollowersOnly, None);
        };
        let old_enough = since.saturating_add(u64::from(minutes) * 60_000);
        if let Some(wait) = old_enough.checked_sub(now_ms).filter(|ms| *ms > 0) {
            return Judgement::Refuse(Code::FollowersOnly, Some(Duration::from_millis(wait)));
        }
    }
    if settings.emote_only && (text.has_image || !is_emotes(text)) {
        return Judgement::Refuse(Code::EmoteOnly, None);
    }
    match settings.links {
        Measure::Allow => {}
        _ if !links::has_link(text.text) => {}
        Measure::Hold => return Judgement::Hold(Reason::Links),
        Measure::Refuse => return Judgement::Refuse(Code::LinksOff, None),
    }
    Judgement::Pass
}

/// Whether every word is an emote of the room or made of emoji.
fn is_emotes(text: &Text<'_>) -> bool {
    text.text.split(' ').all(|word| {
        let name = word.strip_prefix(':').and_then(|w| w.strip_suffix(':'));
        name.is_some_and(|n| text.emotes.iter().any(|e| e == n)) || word.graphemes(true).all(is_emoji)
    })
}

/// Whether a grapheme shows as an emoji: it begins with a pictograph or a regional indicator, or is a keycap (UTS #51 §1.4.9). Blocks, not
/// the table of code points: a rare symbol more or less does no harm here.
fn is_emoji(grapheme: &str) -> bool {
    let Some(first) = grapheme.chars().next() else { return false };
    matches!(first,
        '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2300}'..='\u{23FF}' | '\u{2B00}'..='\u{2BFF}'
        | '\u{2190}'..='\u{21FF}' | '\u{2934}'..='\u{2935}' | '\u{25AA}'..='\u{25FE}' | '\u{3030}' | '\u{303D}'
        | '\u{3297}' | '\u{3299}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{A9}' | '\u{AE}')
        || grapheme.ends_with('\u{20E3}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Standing;
    use crate::rules::judge;

    fn said(settings: &Settings, standing: &Standing, email_verified: bool, text: &str) -> Judgement {
        let emotes = ["wave".to_owned()];
        let text = Text { text, emotes: &emotes, has_image: false };
        judge(1_000_000_000, settings, &Author { standing, email_verified }, &text)
    }

    fn role(role: &str) -> Standing {
        Standing { roles: vec![role.into()], followed_at_ms: None, views: true }
    }

    #[test]
    fn each_mode_refuses_with_its_code_and_lets_moderators_vips_and_the_owner_through() {
        let strict = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings
        };
        for (settings, code) in [
            (strict(|s| s.verified_only = true), Code::VerifiedOnly),
            (strict(|s| s.followers_only_min = Some(0)), Code::FollowersOnly),
            (strict(|s| s.emote_only = true), Code::EmoteOnly),
            (strict(|s| s.links = Measure::Refuse), Code::LinksOff),
        ] {
            let text = "see https://example.com";
            let nobody = said(&settings, &Standing::default(), false, text);
            assert_eq!(nobody, Judgement::Refuse(code, None));
            for r in ["owner", "moderator", "vip", "staff"] {
                assert_eq!(said(&settings, &role(r), false, text), Judgement::Pass, "{r}");
            }
        }
        let verified = strict(|s| s.verified_only = true);
        assert_eq!(said(&verified, &Standing::default(), true, "x"), Judgement::Pass);
        let held = strict(|s| s.links = Measure::Hold);
        assert_eq!(
            said(&held, &Standing::default(), true, "www.example.com"),
            Judgement::Hold(Reason::Links)
        );
        assert_eq!(said(&held, &Standing::default(), true, "main.rs and 3.5"), Judgement::Pass);
    }

    #[test]
    fn a_follower_waits_for_the_age_that_is_asked_for() {
        let settings = Settings { followers_only_min: Some(10), ..Settings::default() };
        let since = |ms| Standing { roles: Vec::new(), followed_at_ms: Some(ms), views: true };
        let minutes = |m: u64| 1_000_000_000 - m * 60_000;
        let wait = Judgement::Refuse(Code::FollowersOnly, Some(Duration::from_secs(60)));
        assert_eq!(said(&settings, &since(minutes(9)), false, "x"), wait);
        assert_eq!(said(&settings, &since(minutes(10)), false, "x"), Judgement::Pass);
        let any = Settings { followers_only_min: Some(0), ..Settings::default() };
        assert_eq!(said(&any, &since(minutes(0)), false, "x"), Judgement::Pass);
    }

    #[test]
    fn emote_only_takes_emoji_and_the_rooms_emotes() {
        let settings = Settings { emote_only: true, ..Settings::default() };
        for (text, passes) in [
            ("😀 👩‍👩‍👧‍👦 🇩🇪 5️⃣ ❤️", true),
            (":wave: :wave:😀", false),
            (":wave: 😀", true),
            (":unknown:", false),
            ("5", false),
            ("hello 😀", false),
        ] {
            let judged = said(&settings, &Standing::default(), false, text);
            assert_eq!(judged == Judgement::Pass, passes, "{text}");
        }
    }
}
