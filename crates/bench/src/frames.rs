//! A frame generator: raw yuv420p pictures on stdout in real time, each stamped with the wall clock it was made at.
//!
//! The top row of blocks holds 1, 0, then 32 bits of the wall clock in milliseconds, most significant first; a block is 1/40 of
//! the width, white or black. Below it moves a pattern with some noise, so that an encoder has something to do. A picture whose
//! time has passed is left out, never sent late with an early stamp.

use std::{
    io::{ErrorKind, Write},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Size and rate of the pictures, as the measured streams have them.
pub const WIDTH: usize = 1280;
/// See [`WIDTH`].
pub const HEIGHT: usize = 720;
/// See [`WIDTH`].
pub const RATE: u32 = 30;
/// Blocks that fit side by side.
const BLOCKS_ACROSS: usize = 40;
/// A block's side in pixels.
const BLOCK: usize = WIDTH / BLOCKS_ACROSS;
/// Luma of a set and of a clear bit, inside the limited range.
const WHITE: u8 = 235;
const BLACK: u8 = 16;

/// Writes pictures until stdout closes.
pub fn run() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut picture = vec![128u8; WIDTH * HEIGHT * 3 / 2];
    let started = Instant::now();
    let mut number = 0u32;
    loop {
        let due = started + Duration::from_secs(1) * number / RATE;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        draw(&mut picture, number);
        stamp(&mut picture, SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u32);
        match out.write_all(&picture) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            other => other?,
        }
        let passed = started.elapsed().as_millis() as u64 * u64::from(RATE) / 1000;
        number = (number + 1).max(passed as u32);
    }
}

/// A gradient that moves two pixels a picture, with noise in its lowest bits.
fn draw(picture: &mut [u8], number: u32) {
    let mut noise = number.wrapping_mul(2_654_435_761) | 1;
    for (y, row) in picture[..WIDTH * HEIGHT].chunks_exact_mut(WIDTH).enumerate().skip(BLOCK) {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        let shift = number as usize * 2 + (noise as usize & 3);
        for (x, luma) in row.iter_mut().enumerate() {
            *luma = 40 + (((x + shift) ^ (y + shift / 3)) & 127) as u8;
        }
    }
}

/// Writes the blocks of one time.
fn stamp(picture: &mut [u8], millis: u32) {
    let bits = [true, false].into_iter().chain((0..32).rev().map(|bit| millis >> bit & 1 == 1));
    for (block, bit) in bits.enumerate() {
        for row in picture.chunks_exact_mut(WIDTH).take(BLOCK) {
            row[block * BLOCK..(block + 1) * BLOCK].fill(if bit { WHITE } else { BLACK });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_back_from_the_middle_of_its_blocks() {
        let mut picture = vec![128u8; WIDTH * HEIGHT * 3 / 2];
        draw(&mut picture, 7);
        stamp(&mut picture, 0xDEAD_BEEF);
        let at = |block: usize| picture[BLOCK / 2 * WIDTH + block * BLOCK + BLOCK / 2] > 128;
        assert!(at(0) && !at(1));
        let read = (0..32).fold(0u32, |bits, bit| bits << 1 | u32::from(at(2 + bit)));
        assert_eq!(read, 0xDEAD_BEEF);
    }
}
