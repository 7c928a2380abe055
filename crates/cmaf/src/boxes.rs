//! Writing ISO base media boxes (ISO/IEC 14496-12, 4.2) into one growing buffer.
//!
//! Sizes are set once a box's content is written. Boxes of ours stay far below the 4 GiB of a 32-bit size.

use bytes::{BufMut, BytesMut};

/// Writes a box: its header, then what `content` writes.
pub(crate) fn boxed(out: &mut BytesMut, kind: &[u8; 4], content: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u32(0);
    out.put_slice(kind);
    content(out);
    let size = (out.len() - start) as u32;
    patch(out, start, size);
}

/// Writes a full box: a box with a version and 24 bits of flags.
pub(crate) fn full(
    out: &mut BytesMut,
    kind: &[u8; 4],
    version: u8,
    flags: u32,
    content: impl FnOnce(&mut BytesMut),
) {
    boxed(out, kind, |out| {
        out.put_u32(u32::from(version) << 24 | flags & 0x00ff_ffff);
        content(out);
    });
}

/// Overwrites four bytes at `at`.
pub(crate) fn patch(out: &mut BytesMut, at: usize, value: u32) {
    out[at..at + 4].copy_from_slice(&value.to_be_bytes());
}
