//! The two steps of scaling with AVX2, 16 and 32 pixels at a time. Results equal the plain code's to the bit.
//!
//! The only unsafe code of the project. Its two reasons: loads and stores take pointers (each is made from a slice whose length was
//! checked right there), and a function for a processor feature may only be called where the processor has it (an [`Avx2`]
//! exists nowhere else).

#![allow(unsafe_code, reason = "vector loads and stores, and calls of functions for a processor feature")]

use std::arch::x86_64::*;

use super::{COLUMN_ONE, Group, Groups, ROW_ONE};

/// Proof that this processor has AVX2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// As [`super::blend`].
    pub(super) fn blend(self, first: &[u8], second: &[u8], weight: usize, out: &mut [u8]) {
        // SAFETY: the processor has AVX2, or `self` would not exist.
        unsafe { blend(first, second, weight, out) }
    }

    /// As [`super::shrink`], with the taps in groups.
    pub(super) fn shrink(self, row: &[u8], groups: &Groups, out: &mut [u8]) {
        // SAFETY: the processor has AVX2, or `self` would not exist.
        unsafe {
            if groups.is_near {
                shrink::<true>(row, &groups.all, out);
            } else {
                shrink::<false>(row, &groups.all, out);
            }
        }
    }
}

#[target_feature(enable = "avx2")]
fn blend(first: &[u8], second: &[u8], weight: usize, out: &mut [u8]) {
    let length = out.len();
    let Some(last) = length.checked_sub(32) else { return super::blend(first, second, weight, out) };
    let zero = _mm256_setzero_si256();
    let of_first = _mm256_set1_epi16((ROW_ONE - weight) as i16);
    let of_second = _mm256_set1_epi16(weight as i16);
    let half = _mm256_set1_epi16(ROW_ONE as i16 / 2);
    let mut at = 0;
    while at < length {
        // The last 32 overlap those before them.
        at = at.min(last);
        let (a, b) = (load(&first[at..at + 32]), load(&second[at..at + 32]));
        let low = _mm256_add_epi16(
            _mm256_mullo_epi16(_mm256_unpacklo_epi8(a, zero), of_first),
            _mm256_mullo_epi16(_mm256_unpacklo_epi8(b, zero), of_second),
        );
        let high = _mm256_add_epi16(
            _mm256_mullo_epi16(_mm256_unpackhi_epi8(a, zero), of_first),
            _mm256_mullo_epi16(_mm256_unpackhi_epi8(b, zero), of_second),
        );
        let low = _mm256_srli_epi16::<8>(_mm256_add_epi16(low, half));
        let high = _mm256_srli_epi16::<8>(_mm256_add_epi16(high, half));
        store(_mm256_packus_epi16(low, high), &mut out[at..at + 32]);
        at += 32;
    }
}

#[target_feature(enable = "avx2")]
fn shrink<const IS_NEAR: bool>(row: &[u8], groups: &[Group], out: &mut [u8]) {
    let half = _mm256_set1_epi16(COLUMN_ONE as i16 / 2);
    for group in groups {
        let [a, b, c, d] = group.loads;
        let mut pairs = _mm256_shuffle_epi8(load_two(row, a, c), load(&group.picks[0]));
        if !IS_NEAR {
            let others = _mm256_shuffle_epi8(load_two(row, b, d), load(&group.picks[1]));
            pairs = _mm256_or_si256(pairs, others);
        }
        // Minus the sum of two products: -32640 to 0.
        let minus = _mm256_maddubs_epi16(pairs, load(&group.weights));
        let sums = _mm256_srli_epi16::<7>(_mm256_sub_epi16(half, minus));
        let bytes = _mm_packus_epi16(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
        store_half(bytes, &mut out[group.at..group.at + 16]);
    }
}

/// 16 bytes from each place.
#[target_feature(enable = "avx2")]
fn load_two(row: &[u8], low: usize, high: usize) -> __m256i {
    let (low, high) = (load_half(&row[low..low + 16]), load_half(&row[high..high + 16]));
    _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high)
}

#[target_feature(enable = "avx2")]
fn load(bytes: &[u8]) -> __m256i {
    assert!(bytes.len() == 32);
    // SAFETY: 32 readable bytes, as asserted; the load asks for no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn load_half(bytes: &[u8]) -> __m128i {
    assert!(bytes.len() == 16);
    // SAFETY: 16 readable bytes, as asserted; the load asks for no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn store(value: __m256i, bytes: &mut [u8]) {
    assert!(bytes.len() == 32);
    // SAFETY: 32 writable bytes, as asserted; the store asks for no alignment.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), value) }
}

#[target_feature(enable = "avx2")]
fn store_half(value: __m128i, bytes: &mut [u8]) {
    assert!(bytes.len() == 16);
    // SAFETY: 16 writable bytes, as asserted; the store asks for no alignment.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), value) }
}
