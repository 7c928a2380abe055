//! E-mail addresses: the part of RFC 5321 and 5322 that people have. Two spellings of one address are one.

/// Longest e-mail address, bytes (RFC 5321 §4.5.3.1.3 less the angle brackets).
pub(super) const EMAIL_MAX: usize = 254;
/// Longest part before the @, bytes (RFC 5321 §4.5.3.1.1).
const LOCAL_MAX: usize = 64;

/// A syntactically plausible address in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    /// `local@domain` of ASCII: RFC 5322's atoms, a host name with a dot. Whether it exists only a letter to it tells.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.rsplit_once('@')?;
        let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&c);
        let local_ok =
            local.len() <= LOCAL_MAX && local.split('.').all(|a| !a.is_empty() && a.bytes().all(atom));
        let label = |l: &str| {
            (1..=63).contains(&l.len())
                && l.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
                && !l.starts_with('-')
                && !l.ends_with('-')
        };
        let domain_ok = domain.contains('.') && domain.split('.').all(label);
        (text.len() <= EMAIL_MAX && local_ok && domain_ok).then(|| Self(text.to_ascii_lowercase()))
    }
    /// The address.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
