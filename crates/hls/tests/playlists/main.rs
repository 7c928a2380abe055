//! The window seen from outside: golden playlists, the request rules, and random broadcasts.
//!
//! `parser` reads playlists without sharing a line with the renderer; `feed` is a small packager.

mod feed;
mod golden;
mod hand_over;
mod iframes;
mod parser;
mod property;
mod requests;
mod retention;
mod rewind;
