//! AMF0 decoding with bounds: nesting, number of values, no allocation that the input did not pay for.
//!
//! Source: "Action Message Format -- AMF 0" (Adobe, 2007). Strings stay slices of the message (`Bytes`), so a value
//! costs its own size and nothing more. Not an encoder: `rml_amf0` writes. References, AMF3 and record sets are
//! refused; nothing here panics or recurses deeper than [`MAX_DEPTH`].

use bytes::{Buf, Bytes};

/// Deepest nesting of objects and arrays. onMetaData needs 1, `fourCcList` 2, Enhanced RTMP's maps 3.
pub const MAX_DEPTH: usize = 8;
/// Most values in one message, keys not counted. OBS sends 22; a file's seek index may have thousands and is refused.
pub const MAX_VALUES: usize = 4096;

/// One decoded value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Marker 0; dates (marker 11) too, as milliseconds since 1970.
    Number(f64),
    /// Marker 1.
    Boolean(bool),
    /// Markers 2, 12 (long) and 15 (XML); bytes as sent, UTF-8 not checked.
    String(Bytes),
    /// Markers 3 (object), 8 (ECMA array) and 16 (typed object, its class dropped); in the order sent.
    Object(Vec<(Bytes, Value)>),
    /// Marker 10.
    Array(Vec<Value>),
    /// Markers 5 (null), 6 (undefined) and 13 (unsupported).
    Null,
}

/// Why bytes are not acceptable AMF0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The input ended inside a value.
    #[error("amf0 ends inside a value")]
    Truncated,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("amf0 is nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// More than [`MAX_VALUES`] values.
    #[error("amf0 has more than {MAX_VALUES} values")]
    TooManyValues,
    /// A marker that is unknown or refused.
    #[error("amf0 marker {0} is not accepted")]
    Marker(u8),
    /// An object whose empty name is not followed by the end marker.
    #[error("amf0 object has no end")]
    ObjectEnd,
}

impl Value {
    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            _ => None,
        }
    }

    /// The boolean; a number counts as one (some encoders send `stereo` so).
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(b) => Some(*b),
            Self::Number(n) => Some(*n != 0.0),
            _ => None,
        }
    }

    /// The string, if it is one and UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        self.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// The string's bytes, if it is one.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::String(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The first property of that name, if this is an object.
    pub fn property(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(properties) => {
                properties.iter().find(|(key, _)| key.as_ref() == name.as_bytes()).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

/// Decodes all values of a message body; an empty body has none.
///
/// # Errors
/// [`Error`] at the first thing that is not acceptable; nothing of the message is then used.
pub fn decode(body: Bytes) -> Result<Vec<Value>, Error> {
    let mut reader = Reader { input: body, values: 0 };
    let mut values = Vec::new();
    while reader.input.has_remaining() {
        values.push(reader.value(0)?);
    }
    Ok(values)
}

struct Reader {
    input: Bytes,
    values: usize,
}

impl Reader {
    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(Error::TooManyValues);
        }
        match self.u8()? {
            0 => Ok(Value::Number(self.f64()?)),
            1 => Ok(Value::Boolean(self.u8()? != 0)),
            2 => self.short_string().map(Value::String),
            3 => self.object(depth),
            5 | 6 | 13 => Ok(Value::Null),
            8 => {
                // The announced count is a hint only; publishers get it wrong, the end marker decides.
                self.u32()?;
                self.object(depth)
            }
            10 => self.array(depth),
            11 => {
                let milliseconds = self.f64()?;
                self.take(2)?;
                Ok(Value::Number(milliseconds))
            }
            12 | 15 => {
                let len = self.u32()?;
                self.take(len as usize).map(Value::String)
            }
            16 => {
                self.short_string()?;
                self.object(depth)
            }
            marker => Err(Error::Marker(marker)),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Error> {
        if depth >= MAX_DEPTH {
            return Err(Error::TooDeep);
        }
        let mut properties = Vec::new();
        loop {
            let name = self.short_string()?;
            if name.is_empty() {
                return match self.u8()? {
                    9 => Ok(Value::Object(properties)),
                    _ => Err(Error::ObjectEnd),
                };
            }
            properties.push((name, self.value(depth + 1)?));
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Error> {
        if depth >= MAX_DEPTH {
            return Err(Error::TooDeep);
        }
        let count = self.u32()? as usize;
        // Each element takes at least its marker, so a count beyond the bytes left is false.
        if count > self.input.remaining() {
            return Err(Error::Truncated);
        }
        if count > MAX_VALUES {
            return Err(Error::TooManyValues);
        }
        let mut elements = Vec::new();
        for _ in 0..count {
            elements.push(self.value(depth + 1)?);
        }
        Ok(Value::Array(elements))
    }

    fn short_string(&mut self) -> Result<Bytes, Error> {
        let len = self.take(2)?.get_u16();
        self.take(usize::from(len))
    }

    fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?.get_u8())
    }

    fn u32(&mut self) -> Result<u32, Error> {
        Ok(self.take(4)?.get_u32())
    }

    fn f64(&mut self) -> Result<f64, Error> {
        Ok(self.take(8)?.get_f64())
    }

    fn take(&mut self, len: usize) -> Result<Bytes, Error> {
        if self.input.remaining() < len {
            return Err(Error::Truncated);
        }
        Ok(self.input.split_to(len))
    }
}

#[cfg(test)]
mod tests;
