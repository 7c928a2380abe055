//! What is remembered of a connection from one request to the next: a player asks for one broadcast again and again, and names one sid.
//!
//! Nothing is remembered longer than it is true. That a sid was given out for a broadcast is so for ever, and is known of the very bytes that
//! were looked at; where a broadcast is and who may watch it counts as long as the index would say the same ([`Known`]). Whether a token or a
//! session still lets somebody in is not remembered: it is asked each time. Behind a proxy requests of many viewers come on one connection, and
//! find little here; they cost what they cost without it.

use super::{
    index::{Away, Index, Known},
    sids::{Sid, Sids},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use std::sync::Arc;

/// See the module's head.
#[derive(Default)]
pub(crate) struct Memory {
    /// Of what all else here is; empty: nothing was asked for yet.
    broadcast: String,
    known: Option<Known>,
    sid: Option<(String, Sid)>,
}

impl Memory {
    /// Whether the last request was for this broadcast.
    pub(crate) fn is_of(&self, broadcast: &str) -> bool {
        self.broadcast == broadcast
    }

    /// The broadcast, as [`Index::look`] says.
    pub(crate) async fn known(&mut self, index: &Arc<Index>, broadcast: &str) -> Result<Option<Known>, Away> {
        self.turn_to(broadcast);
        if let Some(known) = self.known.as_ref().filter(|known| index.is_still(known)) {
            return Ok(Some(known.clone()));
        }
        self.known = None;
        let known = index.look(broadcast).await?;
        self.known.clone_from(&known);
        Ok(known)
    }

    /// The sid, if it was given out for this broadcast.
    pub(crate) fn sid(&mut self, sids: &Sids, broadcast: &str, sid: &str) -> Option<Sid> {
        self.turn_to(broadcast);
        // In equal time: who shares the connection learns nothing of another one's sid by it.
        if let Some((text, known)) = &self.sid
            && verify_slices_are_equal(text.as_bytes(), sid.as_bytes()).is_ok()
        {
            return Some(*known);
        }
        let known = sids.read(broadcast, sid)?;
        self.sid = Some((sid.to_owned(), known));
        Some(known)
    }

    fn turn_to(&mut self, broadcast: &str) {
        if self.broadcast != broadcast {
            broadcast.clone_into(&mut self.broadcast);
            (self.known, self.sid) = (None, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Memory, Sids};
    use crate::live::sids::Kind;

    #[test]
    fn a_sid_is_known_again_only_by_its_bytes_and_for_its_broadcast() {
        let (sids, other) = (Sids::new(b"one").unwrap(), Sids::new(b"two").unwrap());
        let [viewer, preview] = [Kind::Viewer, Kind::Preview].map(|kind| sids.issue("x", kind));
        let of_other = other.issue("x", Kind::Viewer);
        let of_y = sids.issue("y", Kind::Viewer);
        let mut memory = Memory::default();
        for (broadcast, sid) in [
            ("x", viewer.as_str()),
            ("x", viewer.as_str()),
            ("x", preview.as_str()),
            ("x", viewer.as_str()),
            ("x", &viewer[..31]),
            ("x", ""),
            ("x", of_other.as_str()),
            ("y", viewer.as_str()),
            ("y", preview.as_str()),
            ("y", of_y.as_str()),
            ("x", of_y.as_str()),
            ("x", viewer.as_str()),
        ] {
            assert_eq!(memory.sid(&sids, broadcast, sid), sids.read(broadcast, sid), "{broadcast} {sid}");
        }
        // It is not found out again: by another key it would be nobody's.
        assert_eq!(memory.sid(&other, "x", &viewer), sids.read("x", &viewer));
        assert_eq!(memory.sid(&other, "x", &preview), None);
        assert_eq!(memory.sid(&other, "y", &viewer), None);
        assert_eq!(memory.sid(&other, "x", &viewer), None, "what was known is forgotten with the broadcast");
    }
}
