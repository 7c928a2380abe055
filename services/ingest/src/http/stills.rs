//! Stills of the live picture: `GET /live/b/{broadcast}/stills/{number}.jpg`. A number never names another picture, so caches may keep it
//! for ever; of a channel that is not open to everybody only the viewer's own. Who may watch may see them.

use super::{media, watching};
use crate::node::Node;
use streamly_http::{Answer, Body, Problem, Result, Wants};
use streamly_status::Code;

/// Stands where a rendition has its name.
pub(super) const FOLDER: &str = "stills";
/// Digits of the largest number there is.
const DIGITS: usize = 20;

pub(super) fn still(
    node: &Node,
    broadcast: &str,
    (name, query): (&str, &str),
    wants: &Wants<'_>,
) -> Result<Answer> {
    let broadcast = node.registry.by_id(broadcast).ok_or_else(|| Problem::new(Code::BroadcastNotFound))?;
    let caching = match watching::admit(node, &broadcast, query, wants)?.is_open() {
        true => media::IMMUTABLE,
        false => watching::PRIVATE,
    };
    let jpeg = number(name)
        .and_then(|number| broadcast.stills().get(number))
        .ok_or_else(|| Problem::new(Code::NotFound).detail("There is no such still."))?;
    Ok(media::answer(wants, jpeg.len() as u64, ("image/jpeg", caching), |part| {
        Body::Bytes(part.map_or(jpeg.clone(), |(first, last)| jpeg.slice(first as usize..=last as usize)))
    }))
}

/// As it is written in one way alone.
fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".jpg")?;
    let is_plain =
        digits.len() <= DIGITS && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    is_plain.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_still_has_one_name() {
        assert_eq!(number("1048577.jpg"), Some(1_048_577));
        assert_eq!(number("18446744073709551615.jpg"), Some(u64::MAX));
        for name in [
            "0.jpg",
            "01.jpg",
            "+1.jpg",
            "1.jpeg",
            "1",
            ".jpg",
            "18446744073709551616.jpg",
            "1.jpg.jpg",
            "٣.jpg",
        ] {
            assert_eq!(number(name), None, "{name}");
        }
    }
}
