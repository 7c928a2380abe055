//! Makes pictures smaller: the two nearest source pixels of each axis, weighed by distance (bilinear).
//!
//! The same as `videoconvertscale` does at several times the cost: there a row is gathered pixel by pixel. Here each output row is
//! first blended from two source rows, then its pixels are picked and weighed sixteen at a time. AVX2 where the processor has
//! it; plain code with exactly the same results everywhere else. It knows planes of bytes; `element` is the GStreamer side.

mod element;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests;

pub(super) use element::{element, suits};
#[cfg(target_arch = "x86_64")]
use x86::Avx2;

/// Weights of pixels in a row count in 1/128, as their products fit the 8 x 8 bit multiplication of SSSE3 and AVX2.
const COLUMN_ONE: usize = 128;

/// Weights of rows count in 1/256. Both roundings together stay within 2.5 of the exact value.
const ROW_ONE: usize = 256;

/// Which two source pixels (or rows) make one, and how much of the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tap {
    first: usize,
    second: usize,
    /// Of `second`; `first` has what is missing to one.
    weight: usize,
}

/// The taps of every output position, centres aligned, the borders repeated.
fn taps(source: usize, target: usize, one: usize) -> Vec<Tap> {
    let (last, half) = (source - 1, target as i64);
    let at = |index: usize| {
        // (index + 0.5) * source / target - 0.5, in units of 1/one, rounded.
        let centre = ((2 * index + 1) * source * one) as i64 - (target * one) as i64;
        let position = ((centre + half).max(0) as usize / (2 * target)).min(last * one);
        let first = position / one;
        Tap { first, second: (first + 1).min(last), weight: position % one }
    };
    (0..target).map(at).collect()
}

/// Sixteen output pixels of a row as one AVX2 register makes them.
#[derive(Debug, Clone)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
struct Group {
    /// Index of the first.
    at: usize,
    /// Where the 16 source bytes start that hold the pixels of each four; with `is_near` each eight, at 0 and 2.
    loads: [usize; 4],
    /// Which of those bytes are the pairs of the first and second four of each eight; with `is_near` the first has all.
    picks: [[u8; 32]; 2],
    /// Minus the weights, signed bytes: there is a -128 but no 128.
    weights: [u8; 32],
}

/// A row in groups; the last one overlaps the one before it.
#[derive(Debug, Clone)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
struct Groups {
    all: Vec<Group>,
    /// Each eight lie within 16 source bytes: ratios up to about 2. Else each four do: up to about 4.6.
    is_near: bool,
}

impl Groups {
    /// `None` where the row is too short or the ratio too high.
    fn new(taps: &[Tap], source: usize) -> Option<Self> {
        if taps.len() < 16 || source < 16 {
            return None;
        }
        let starts = || (0..taps.len() - 15).step_by(16).chain([taps.len() - 16]);
        let all = |is_near: bool| {
            let all = starts().map(|at| Group::new(at, &taps[at..at + 16], source, is_near));
            Some(Self { all: all.collect::<Option<_>>()?, is_near })
        };
        all(true).or_else(|| all(false))
    }
}

impl Group {
    fn new(at: usize, taps: &[Tap], source: usize, is_near: bool) -> Option<Self> {
        let mut group = Self { at, loads: [0; 4], picks: [[0x80; 32]; 2], weights: [0; 32] };
        for (index, tap) in taps.iter().enumerate() {
            let (load, pick) = if is_near { (index / 8 * 2, 0) } else { (index / 4, index / 4 % 2) };
            if index % if is_near { 8 } else { 4 } == 0 {
                group.loads[load] = tap.first.min(source - 16);
            }
            for (side, pixel) in [tap.first, tap.second].into_iter().enumerate() {
                let byte = pixel - group.loads[load];
                group.picks[pick][index * 2 + side] = u8::try_from(byte).ok().filter(|&byte| byte < 16)?;
            }
            group.weights[index * 2] = (tap.weight as i32 - COLUMN_ONE as i32) as u8;
            group.weights[index * 2 + 1] = -(tap.weight as i32) as u8;
        }
        Some(group)
    }
}

/// Scales one plane of one size to another.
#[derive(Debug)]
struct Plane {
    source_width: usize,
    columns: Vec<Tap>,
    rows: Vec<Tap>,
    simd: Option<(Avx2, Groups)>,
    /// A row of the source's width at the output's height.
    blended: Vec<u8>,
}

impl Plane {
    /// From `source` to `target`, both width and height in pixels, none 0.
    fn new(source: (usize, usize), target: (usize, usize)) -> Self {
        let columns = taps(source.0, target.0, COLUMN_ONE);
        let simd = Avx2::detect().zip(Groups::new(&columns, source.0));
        let rows = taps(source.1, target.1, ROW_ONE);
        Self { source_width: source.0, columns, rows, simd, blended: vec![0; source.0] }
    }

    /// Strides are the bytes from row to row. Panics when a plane is smaller than its size and stride say.
    fn scale(&mut self, source: &[u8], source_stride: usize, target: &mut [u8], target_stride: usize) {
        let width = self.source_width;
        for (out, tap) in target.chunks_mut(target_stride).zip(&self.rows) {
            let out = &mut out[..self.columns.len()];
            let first = &source[tap.first * source_stride..][..width];
            let second = &source[tap.second * source_stride..][..width];
            let row = if tap.weight == 0 {
                first
            } else {
                match &self.simd {
                    Some((avx2, _)) => avx2.blend(first, second, tap.weight, &mut self.blended),
                    None => blend(first, second, tap.weight, &mut self.blended),
                }
                &self.blended
            };
            match &self.simd {
                Some((avx2, groups)) => avx2.shrink(row, groups, out),
                None => shrink(row, &self.columns, out),
            }
        }
    }
}

/// One row between two.
fn blend(first: &[u8], second: &[u8], weight: usize, out: &mut [u8]) {
    let (of_first, of_second) = ((ROW_ONE - weight) as u16, weight as u16);
    for ((out, &first), &second) in out.iter_mut().zip(first).zip(second) {
        let sum = u16::from(first) * of_first + u16::from(second) * of_second + ROW_ONE as u16 / 2;
        *out = (sum / ROW_ONE as u16) as u8;
    }
}

/// One row of the source's width to one of the output's.
fn shrink(row: &[u8], taps: &[Tap], out: &mut [u8]) {
    for (out, tap) in out.iter_mut().zip(taps) {
        let (first, second) = (usize::from(row[tap.first]), usize::from(row[tap.second]));
        let sum = first * (COLUMN_ONE - tap.weight) + second * tap.weight + COLUMN_ONE / 2;
        *out = (sum / COLUMN_ONE) as u8;
    }
}

/// No such processor.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy)]
enum Avx2 {}

#[cfg(not(target_arch = "x86_64"))]
impl Avx2 {
    fn detect() -> Option<Self> {
        None
    }

    fn blend(self, _: &[u8], _: &[u8], _: usize, _: &mut [u8]) {
        match self {}
    }

    fn shrink(self, _: &[u8], _: &Groups, _: &mut [u8]) {
        match self {}
    }
}
