//! People and channels: lists of many live channels beside nginx with the same bytes as files, permits for publishers among many keys, sign-ins
//! beyond what the machine can hash, and the check of an access token.
//!
//! One platform with its own PostgreSQL and Redis. What answers has the first core for itself, its database with it; the generator has the
//! others ([ADR 0037](../../../../docs/adr/0037-how-people-and-channels-are-measured.md)).

mod home;
mod lists;
mod permits;
mod sign_ins;
mod tokens;

use super::{Figures, Settings};
use clap::ValueEnum;
use home::Home;
use std::path::Path;

/// A part of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Pages of the directory.
    Lists,
    /// Permits for publishers.
    Permits,
    /// Sign-ins, and what else is asked meanwhile.
    SignIns,
    /// The check of an access token.
    Tokens,
}

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let parts =
        if settings.people.is_empty() { Part::value_variants().to_vec() } else { settings.people.clone() };
    let mut figures = Vec::new();
    for part in parts {
        eprintln!(" {part:?}");
        if part == Part::Tokens {
            figures.extend(tokens::measure(settings)?);
            continue;
        }
        // Of its own for each part: what one wrote is not vacuumed while the next is measured.
        let folder = folder.join(format!("people-{part:?}").to_lowercase());
        let home = Home::open(settings, &folder).await?;
        let measured = match part {
            Part::Lists => lists::measure(settings, &home).await,
            Part::Permits => permits::measure(settings, &home).await,
            _ => sign_ins::measure(settings, &home).await,
        };
        // Also on the way out: nothing is left running.
        home.close().await?;
        figures.extend(measured?);
    }
    Ok(figures)
}
