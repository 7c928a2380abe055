//! Commands, parsed from checked AMF0 into what this server knows; everything else is [`Command::Ignored`].
//!
//! Only meaning is decided here, not order or state (`connection` does). Publishers differ in what they leave out:
//! GStreamer uses transaction 0 throughout and deletes a stream by name, some send `publish` without a type.

use bytes::Bytes;

use crate::amf0::{self, Value};
use crate::{Connect, Error, metadata::encoder_name};

/// Longest application name in bytes, query included; ours is "live".
const MAX_APP_LEN: usize = 1024;
/// Most FourCCs kept; there are about ten.
const MAX_FOUR_CCS: usize = 32;

#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Connect {
        transaction: f64,
        connect: Box<Connect>,
    },
    CreateStream {
        transaction: f64,
    },
    /// The name as raw bytes, still to be parsed as a key.
    Publish {
        key: Bytes,
        live: bool,
    },
    /// `None`: by name, or nothing said.
    DeleteStream(Option<u32>),
    CloseStream,
    FcUnpublish,
    Play,
    Ignored,
}

/// Parses a command message's body: AMF0 (type 20), or AMF0 in the AMF3 envelope (type 17) with its leading 0.
pub(crate) fn parse(type_id: u8, body: Bytes) -> Result<Command, Error> {
    let body = strip_envelope(type_id == 17, body);
    let values = amf0::decode(body)?;
    let name = values.first().and_then(Value::as_bytes).ok_or(Error::Arguments("name"))?;
    let transaction = |command| values.get(1).and_then(Value::as_number).ok_or(Error::Arguments(command));
    match name.as_ref() {
        b"connect" => {
            let object = values.get(2).ok_or(Error::Arguments("connect"))?;
            Ok(Command::Connect { transaction: transaction("connect")?, connect: Box::new(connect(object)?) })
        }
        b"createStream" => Ok(Command::CreateStream { transaction: transaction("createStream")? }),
        b"publish" => {
            let key = match values.get(3) {
                Some(Value::String(key)) => key.clone(),
                Some(Value::Null) | None => Bytes::new(),
                Some(_) => return Err(Error::Arguments("publish")),
            };
            let live = match values.get(4) {
                Some(Value::String(kind)) => kind.as_ref() == b"live",
                _ => true,
            };
            Ok(Command::Publish { key, live })
        }
        b"deleteStream" => Ok(Command::DeleteStream(values.get(3).and_then(stream_id))),
        b"closeStream" => Ok(Command::CloseStream),
        b"FCUnpublish" => Ok(Command::FcUnpublish),
        b"play" | b"play2" => Ok(Command::Play),
        _ => Ok(Command::Ignored),
    }
}

/// Removes the AMF3 envelope's leading 0. AMF0 commands and data begin with a string (2), so 0 is never theirs.
pub(crate) fn strip_envelope(amf3: bool, body: Bytes) -> Bytes {
    if amf3 && body.first() == Some(&0) { body.slice(1..) } else { body }
}

fn stream_id(value: &Value) -> Option<u32> {
    value.as_number().filter(|n| (0.0..=f64::from(u32::MAX)).contains(n)).map(|n| n as u32)
}

fn connect(object: &Value) -> Result<Connect, Error> {
    let app = object.property("app").and_then(Value::as_str).ok_or(Error::Arguments("connect"))?;
    if app.len() > MAX_APP_LEN {
        return Err(Error::Arguments("connect"));
    }
    let (app, query) = app.split_once('?').unwrap_or((app, ""));
    let text = |name: &str| object.property(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let asks = ["fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"];
    Ok(Connect {
        app: app.trim_end_matches('/').to_owned(),
        query: query.to_owned(),
        tc_url: text("tcUrl"),
        flash_ver: encoder_name(object.property("flashVer").and_then(Value::as_str).unwrap_or_default()),
        four_cc_list: four_ccs(object),
        enhanced: asks.iter().any(|name| object.property(name).is_some()),
        supports_go_away: object.property("supportsGoAway").and_then(Value::as_bool).unwrap_or(false),
    })
}

/// The codecs named, each once.
fn four_ccs(object: &Value) -> Vec<String> {
    let mut named = Vec::new();
    let mut name = |text: &str| {
        if named.len() < MAX_FOUR_CCS && !named.iter().any(|known| known == text) {
            named.push(text.to_owned());
        }
    };
    if let Some(Value::Array(list)) = object.property("fourCcList") {
        list.iter().filter_map(Value::as_str).for_each(&mut name);
    }
    for map in ["videoFourCcInfoMap", "audioFourCcInfoMap"] {
        if let Some(Value::Object(map)) = object.property(map) {
            map.iter().filter_map(|(key, _)| std::str::from_utf8(key).ok()).for_each(&mut name);
        }
    }
    named
}

#[cfg(test)]
mod tests;
