//! The emotes for all, in the program itself: they are there without storage, database or network. Drawings: `services/chat/emotes`.

use super::Emote;
use std::{collections::HashMap, sync::LazyLock};

macro_rules! drawn {
    ($($name:literal),* $(,)?) => {
        /// Each name with its PNG.
        const DRAWN: &[(&str, &[u8])] = &[$(($name, include_bytes!(concat!("../../emotes/", $name, ".png")))),*];
    };
}

// In the order of the picker.
drawn!(
    "wave", "laugh", "love", "cool", "wow", "think", "cry", "sad", "angry", "sleepy", "heart", "yes", "no",
    "clap", "gg", "hype", "fire", "party", "crown", "rocket", "eyes", "ghost", "coffee", "bug",
);

/// All of them, made once.
pub struct Global {
    /// In the order of the picker.
    pub emotes: Vec<Emote>,
    by_name: HashMap<&'static str, usize>,
    by_id: HashMap<String, &'static [u8]>,
}

static GLOBAL: LazyLock<Global> = LazyLock::new(|| {
    let emotes: Vec<Emote> =
        DRAWN.iter().map(|(name, png)| Emote::new(name, png, false, (112, 112))).collect();
    let by_id = emotes.iter().zip(DRAWN).map(|(e, (_, png))| (e.id.clone(), *png)).collect();
    Global { by_name: DRAWN.iter().enumerate().map(|(n, (name, _))| (*name, n)).collect(), by_id, emotes }
});

/// The set.
pub fn global() -> &'static Global {
    &GLOBAL
}

impl Global {
    /// The emote of that name.
    pub fn named(&self, name: &str) -> Option<&Emote> {
        self.by_name.get(name).and_then(|n| self.emotes.get(*n))
    }

    /// The PNG of that id.
    pub fn png(&self, id: &str) -> Option<&'static [u8]> {
        self.by_id.get(id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_drawing_is_in_the_set_with_the_size_that_it_says() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/emotes");
        let of = |extension: &str| -> BTreeSet<String> {
            let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
            let files = files.filter(|p| p.extension().is_some_and(|e| e == extension));
            files.map(|p| p.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
        };
        let names: BTreeSet<String> = DRAWN.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!((of("svg"), of("png")), (names.clone(), names.clone()));
        assert_eq!(names.len(), 24);
        for (name, png) in DRAWN {
            assert!(super::super::is_name(name), "{name}");
            let image = image::load_from_memory_with_format(png, image::ImageFormat::Png).unwrap();
            assert_eq!((image.width(), image.height()), (112, 112), "{name}");
            let emote = global().named(name).unwrap();
            assert_eq!(global().png(&emote.id), Some(*png));
        }
    }
}
