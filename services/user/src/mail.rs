//! Mail to people: what it says (`words`), how it leaves (`post`), and who sends it when (`delivery`).
//!
//! A mail is a row of the table `mails`, written in the transaction of what it tells of: none is lost by a restart, and one may come
//! twice (with one Message-ID) after a crash between the server's answer and ours. No body is logged, since it may hold a link.

pub(crate) mod delivery;
pub(crate) mod post;
mod words;

pub(crate) use words::{Change, KINDS, Letter, Live, RESET, Reader, Site};
