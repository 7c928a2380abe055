//! The browser app as who opens it has it: how its pages load, how soon a click is a picture, how far behind it is on links that are near and far,
//! whether a fast chat leaves the page smooth, and whether an hour of watching leaves it as it was.
//!
//! One platform with one broadcast; a real Chromium on the same machine, which decodes in software. Links are the testkit's
//! ([ADR 0045](../../../../docs/adr/0045-how-the-app-is-measured.md)).

mod click;
mod hour;
mod links;
mod pages;
mod rush;

use super::{
    Figures, Settings, broadcaster, browser,
    place::{self, PASSWORD, Place, register},
};
use crate::report::Figure;
use clap::ValueEnum;
use serde_json::{Value, json};
use std::path::Path;

/// How far back lists go: the player keeps a kilobyte of each segment in a list, so one that grows for two hours would be taken for a page that does.
const REWIND: (&str, &str) = ("STREAMLY_INGEST__REWIND", "60s");

/// A part of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Lighthouse on pages at rest, web-vitals on a live one.
    Pages,
    /// From a click to a moving picture.
    Click,
    /// Glass to glass on a near and a far link.
    Links,
    /// A chat at 100 messages a second.
    Rush,
    /// Long watching beside a chat.
    Hour,
}

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    browser::at_root()?;
    let parts = if settings.app.is_empty() { Part::value_variants().to_vec() } else { settings.app.clone() };
    let place = place::platform_with(settings, folder, &[REWIND]).await?;
    let at_rest =
        if parts.contains(&Part::Pages) { pages::at_rest(settings, &place).await } else { Ok(Vec::new()) };
    let broadcaster = broadcaster::broadcast(&place.publish)?;
    let figures = all(settings, &parts, &place).await;
    // Also on the way out: nothing is left running.
    let ended = broadcaster.stop().await;
    place.stop().await?;
    let mut all =
        at_rest.unwrap_or_else(|error| vec![Figure::not_measured("an offline channel".to_owned(), &error)]);
    all.extend(figures?);
    ended?;
    Ok(all)
}

async fn all(settings: &Settings, parts: &[Part], place: &Place) -> Figures {
    place.plays().await?;
    let mut figures = Vec::new();
    for part in parts {
        eprintln!(" {part:?}");
        let measured = match part {
            Part::Pages => pages::measure(settings, place).await,
            Part::Click => click::measure(settings, place).await,
            Part::Links => links::measure(settings, place).await,
            Part::Rush => rush::measure(settings, place).await,
            Part::Hour => hour::measure(settings, place).await,
        };
        // What the other parts measured is kept: an hour may have gone into it.
        match measured {
            Ok(measured) => figures.extend(measured),
            Err(error) => figures.push(Figure::not_measured(format!("{part:?}"), &error)),
        }
    }
    Ok(figures)
}

/// So many new accounts, as the scripts sign in with them.
async fn people(url: &str, count: usize) -> anyhow::Result<Vec<Value>> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut people = Vec::new();
    for _ in 0..count {
        let (name, _) = register(&client, url).await?;
        people.push(json!({"name": name, "password": PASSWORD}));
    }
    Ok(people)
}
