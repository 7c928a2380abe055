//! The categories that a platform begins with, by their names in English and German. What admins make or rename is called as they wrote it.
//!
//! The browser app has the same names in its catalogue; a test of it reads this file.

use crate::Language;

/// English, which is the name in the database, and German.
pub const SEEDED: [(&str, &str); 36] = [
    ("Just Chatting", "Plaudern"),
    ("Music", "Musik"),
    ("Art", "Kunst"),
    ("Games", "Spiele"),
    ("Software Development", "Softwareentwicklung"),
    ("Science & Technology", "Wissenschaft & Technik"),
    ("Education", "Bildung"),
    ("Languages", "Sprachen"),
    ("History", "Geschichte"),
    ("Cooking", "Kochen"),
    ("Food & Drink", "Essen & Trinken"),
    ("Fitness & Health", "Fitness & Gesundheit"),
    ("Sports", "Sport"),
    ("Outdoors", "Draußen"),
    ("Travel", "Reisen"),
    ("Nature & Animals", "Natur & Tiere"),
    ("Gardening", "Garten"),
    ("Crafts", "Basteln & Handarbeit"),
    ("Do It Yourself", "Heimwerken"),
    ("Photography", "Fotografie"),
    ("Film & Animation", "Film & Animation"),
    ("Writing & Reading", "Schreiben & Lesen"),
    ("Theatre & Dance", "Theater & Tanz"),
    ("Talk & Podcasts", "Gespräche & Podcasts"),
    ("News & Politics", "Nachrichten & Politik"),
    ("Board Games", "Brettspiele"),
    ("Chess", "Schach"),
    ("Retro Games", "Retrospiele"),
    ("Role-Playing Games", "Rollenspiele"),
    ("Shooters", "Shooter"),
    ("Strategy Games", "Strategiespiele"),
    ("Racing Games", "Rennspiele"),
    ("Simulation Games", "Simulationen"),
    ("Puzzle Games", "Knobelspiele"),
    ("Indie Games", "Indie-Spiele"),
    ("Speedruns", "Speedruns"),
];

/// A category's name for a reader: translated where it is one of [`SEEDED`], else as it is.
pub fn name_in(language: Language, name: &str) -> &str {
    match language {
        Language::En => name,
        Language::De => {
            SEEDED.iter().find(|(english, _)| *english == name).map_or(name, |(_, german)| *german)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn what_admins_wrote_stays_and_no_two_are_called_alike() {
        assert_eq!(name_in(Language::De, "Music"), "Musik");
        assert_eq!(name_in(Language::En, "Music"), "Music");
        assert_eq!(name_in(Language::De, "music of ours"), "music of ours");
        let german: HashSet<_> = SEEDED.iter().map(|(_, german)| german.to_lowercase()).collect();
        assert_eq!(german.len(), SEEDED.len());
    }
}
