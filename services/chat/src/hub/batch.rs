//! What a room gives its sockets at one time: events that came together, encoded once each, joined to one piece of bytes for everybody.
//!
//! Only the sockets of an event's author see something else: the nonce, and their own message when it is left out for the others.

use crate::wire;
use bytes::{Bytes, BytesMut};
use streamly_domain::UserId;

/// One event.
#[derive(Debug)]
struct Piece {
    /// For everybody; none if it is left out.
    public: Option<Bytes>,
    /// For its author, if that is not the same.
    own: Option<(UserId, Bytes)>,
}

/// Encoded frames in their order.
#[derive(Debug, Default)]
pub struct Batch {
    pieces: Vec<Piece>,
    authors: Vec<UserId>,
    whole: Bytes,
    frames: usize,
}

impl Batch {
    /// Adds a text for everybody.
    pub(super) fn push(&mut self, text: &str) {
        self.pieces.push(Piece { public: Some(wire::text(text)), own: None });
    }

    /// Adds an event that its author sees as `own`, and others as `public` or not at all.
    pub(super) fn push_by(&mut self, author: UserId, public: Option<&str>, own: &str) {
        let own = Some((author, wire::text(own)));
        self.pieces.push(Piece { public: public.map(wire::text), own });
    }

    /// Makes it ready to be given out.
    pub(super) fn seal(mut self) -> Self {
        let public = || self.pieces.iter().filter_map(|p| p.public.as_ref());
        self.frames = public().count();
        self.whole = match public().next() {
            Some(only) if self.frames == 1 => only.clone(),
            _ => {
                let mut whole = BytesMut::with_capacity(public().map(Bytes::len).sum());
                public().for_each(|p| whole.extend_from_slice(p));
                whole.freeze()
            }
        };
        self.authors = self.pieces.iter().filter_map(|p| p.own.as_ref().map(|(author, _)| *author)).collect();
        self.authors.sort_unstable();
        self.authors.dedup();
        self
    }

    /// Events, whoever is to get them.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether there is nothing to give out.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Frames that everybody gets.
    pub(super) fn frames(&self) -> usize {
        self.frames
    }

    /// Calls `give` with the bytes for a socket of `user` and with how many frames they are; in one piece unless something is theirs.
    pub fn each(&self, user: Option<UserId>, mut give: impl FnMut(&Bytes, usize)) {
        let author = user.filter(|u| self.authors.binary_search(u).is_ok());
        if author.is_none() {
            if self.frames > 0 {
                give(&self.whole, self.frames);
            }
            return;
        }
        for piece in &self.pieces {
            let own = piece.own.as_ref().filter(|(by, _)| Some(*by) == author).map(|(_, frame)| frame);
            if let Some(frame) = own.or(piece.public.as_ref()) {
                give(frame, 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a socket of `user` gets, and in how many pieces.
    fn given(batch: &Batch, user: Option<UserId>) -> (String, usize) {
        let (mut all, mut pieces) = (String::new(), 0);
        batch.each(user, |frames, count| {
            let text: String =
                frames.iter().filter(|b| b.is_ascii_lowercase()).map(|b| char::from(*b)).collect();
            assert_eq!(text.len(), count, "one letter a frame");
            all.push_str(&text);
            pieces += 1;
        });
        (all, pieces)
    }

    #[test]
    fn everybody_gets_one_piece_and_authors_their_own_in_its_place() {
        let (ada, bob, cleo) = (UserId::new(), UserId::new(), UserId::new());
        let mut batch = Batch::default();
        batch.push("a");
        batch.push_by(ada, Some("b"), "x");
        batch.push_by(bob, None, "y");
        batch.push_by(ada, Some("c"), "z");
        let batch = batch.seal();
        assert_eq!(batch.frames(), 3);
        assert_eq!(given(&batch, None), ("abc".into(), 1));
        assert_eq!(given(&batch, Some(cleo)), ("abc".into(), 1));
        assert_eq!(given(&batch, Some(ada)), ("axz".into(), 3));
        assert_eq!(given(&batch, Some(bob)), ("abyc".into(), 4));
    }

    #[test]
    fn what_is_left_out_for_all_is_given_to_its_author_only() {
        let ada = UserId::new();
        let mut batch = Batch::default();
        batch.push_by(ada, None, "x");
        let batch = batch.seal();
        assert!(!batch.is_empty());
        assert_eq!(given(&batch, None), (String::new(), 0));
        assert_eq!(given(&batch, Some(ada)), ("x".into(), 1));
    }
}
