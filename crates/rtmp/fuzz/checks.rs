//! What must hold for any input: no panic, memory under the limits. Shared by the fuzz targets and by the test that
//! runs the committed corpus, so that a find stays fixed without a fuzzer at hand.

use streamly_rtmp::chunk::Dechunker;
use streamly_rtmp::{Connection, Event, Limits, amf0};

/// The first byte says how the rest is split; sizes set by the peer are followed.
pub fn dechunker(data: &[u8]) {
    let Some((&split, data)) = data.split_first() else { return };
    let limits = Limits::default();
    let mut dechunker = Dechunker::new(&limits);
    for mut part in data.chunks(usize::from(split) + 1) {
        loop {
            match dechunker.read(&mut part) {
                Ok(Some(message)) => match (message.type_id, message.body.first_chunk::<4>()) {
                    (1, Some(size)) if dechunker.set_chunk_size(u32::from_be_bytes(*size)).is_err() => return,
                    (2, Some(csid)) => dechunker.abort(u32::from_be_bytes(*csid)),
                    _ => {}
                },
                Ok(None) => break,
                Err(_) => return,
            }
            assert!(dechunker.buffered_bytes() <= limits.max_half_open);
        }
    }
}

/// The first bytes of a connection. The first one says how the rest is split. One answer, and only to a whole packet of version 3;
/// nothing is kept beyond a packet.
pub fn handshake(data: &[u8]) {
    const PACKET: usize = 1536;
    let Some((&split, data)) = data.split_first() else { return };
    let data = &data[..data.len().min(1 + 2 * PACKET)];
    let mut connection = Connection::new(Limits::default());
    let (mut answered, mut failed) = (0, false);
    for part in data.chunks(usize::from(split) * 16 + 1) {
        failed = connection.handle_input(part).is_err();
        while let Some(answer) = connection.poll_output() {
            answered += answer.len();
        }
        assert!(connection.buffered_bytes() <= 1 + PACKET && connection.poll_event().is_none());
        if failed {
            break;
        }
    }
    assert_eq!(failed, data.first().is_some_and(|version| *version != 3));
    assert_eq!(answered, if !failed && data.len() > PACKET { 1 + 2 * PACKET } else { 0 });
}

/// Decoding, and reading metadata out of whatever came.
pub fn amf0(data: &[u8]) {
    if let Ok(values) = amf0::decode(data.to_vec().into()) {
        assert!(values.len() <= amf0::MAX_VALUES);
        for value in &values {
            let _ = streamly_rtmp::Metadata::from_value(value);
        }
    }
}

/// A whole connection. The first byte is the split and, if even, puts a handshake before the rest; publishes are
/// accepted or refused in turn.
pub fn connection(data: &[u8]) {
    let Some((&first, data)) = data.split_first() else { return };
    let limits = Limits::default();
    let most =
        limits.max_half_open + limits.max_unauthorized + limits.max_queued_events + limits.max_queued_output;
    let mut connection = Connection::new(limits);
    if first % 2 == 0 {
        let mut handshake = vec![0; 1 + 2 * 1536];
        handshake[0] = 3;
        assert!(connection.handle_input(&handshake).is_ok());
    }
    let mut publishes = 0;
    for part in data.chunks(usize::from(first) * 8 + 1) {
        let mut failed = connection.handle_input(part).is_err();
        assert!(connection.buffered_bytes() <= most);
        while let Some(event) = connection.poll_event() {
            if matches!(event, Event::PublishRequested { .. }) && !failed {
                publishes += 1;
                failed |= if publishes % 4 == 0 {
                    connection.reject_publish("no").is_err()
                } else {
                    connection.accept_publish().is_err()
                };
            }
        }
        while connection.poll_output().is_some() {}
        if failed {
            return;
        }
    }
}
