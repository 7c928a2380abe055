//! Until when a certificate is good: the one field of X.509 (RFC 5280, section 4.1) that is read here.
//!
//! It judges nothing: rustls has taken the certificate before. What cannot be read is none, and never panics.

use time::{Date, Month, Time};

/// Tags of ASN.1 (ITU-T X.690) on the way there.
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The version, which is left out where it is 1.
const VERSION: u8 = 0xa0;

/// The last second, Unix time.
pub(crate) fn not_after(der: &[u8]) -> Option<i64> {
    let mut at = inside(&mut &*der, SEQUENCE)?;
    let mut certificate = inside(&mut at, SEQUENCE)?;
    if certificate.first() == Some(&VERSION) {
        value(&mut certificate)?;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        value(&mut certificate)?;
    }
    let mut validity = inside(&mut certificate, SEQUENCE)?;
    value(&mut validity)?;
    let (tag, digits) = value(&mut validity)?;
    seconds(tag, std::str::from_utf8(digits).ok()?)
}

fn inside<'a>(at: &mut &'a [u8], wanted: u8) -> Option<&'a [u8]> {
    value(at).filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
}

/// The next tag and what is in it.
fn value<'a>(at: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&[tag, first], rest) = at.split_first_chunk()?;
    let (length, rest) = match first {
        short @ ..0x80 => (usize::from(short), rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            // Four bytes of length are more than any certificate has.
            (bytes.len() <= 4)
                .then(|| bytes.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)))
                .zip(Some(rest))?
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    *at = rest;
    Some((tag, content))
}

/// `YYMMDDhhmmssZ`, years from 1950 to 2049, or with four digits of a year.
fn seconds(tag: u8, text: &str) -> Option<i64> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let (year, rest) = digits.split_at_checked(match tag {
        UTC_TIME => 2,
        GENERALIZED_TIME => 4,
        _ => return None,
    })?;
    let year: i32 = year.parse().ok()?;
    let year = match tag {
        UTC_TIME if year < 50 => 2000 + year,
        UTC_TIME => 1900 + year,
        _ => year,
    };
    if rest.len() != 10 {
        return None;
    }
    let two = |at: usize| rest[at..at + 2].parse::<u8>().ok();
    let date = Date::from_calendar_date(year, Month::try_from(two(0)?).ok()?, two(2)?).ok()?;
    let time = Time::from_hms(two(4)?, two(6)?, two(8)?).ok()?;
    Some(date.with_time(time).assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    fn made(year: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 12, 31);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_end_is_read_in_both_forms() {
        for year in [2031, 2049, 2050, 2100] {
            let end = date_time_ymd(year, 12, 31).unix_timestamp();
            assert_eq!(not_after(&made(year)), Some(end), "{year}");
        }
    }

    #[test]
    fn what_is_cut_off_or_spoilt_is_none_or_another_time() {
        let whole = made(2031);
        for length in 0..whole.len() {
            assert_eq!(not_after(&whole[..length]), None, "{length}");
        }
        for at in 0..whole.len() {
            let mut spoilt = whole.clone();
            spoilt[at] ^= 0xff;
            let _ = not_after(&spoilt);
        }
    }
}
