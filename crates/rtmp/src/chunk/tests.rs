//! The dechunker: every legal form, every bound, any split.

use proptest::prelude::*;

use super::*;
use crate::wire::{basic_header, full_header, message};

fn read_all(dechunker: &mut Dechunker, mut input: &[u8]) -> Result<Vec<Message>, Error> {
    let mut messages = Vec::new();
    while let Some(message) = dechunker.read(&mut input)? {
        if message.type_id == 1 {
            dechunker.set_chunk_size(u32::from_be_bytes(message.body[..4].try_into().unwrap()))?;
        }
        messages.push(message);
    }
    Ok(messages)
}

fn read_new(input: &[u8]) -> Result<Vec<Message>, Error> {
    read_all(&mut Dechunker::new(&Limits::default()), input)
}

fn times(messages: &[Message]) -> Vec<u32> {
    messages.iter().map(|message| message.timestamp).collect()
}

#[test]
fn csids_of_all_three_forms_are_apart() {
    let csids = [2, 63, 64, 319, 320, 65_599];
    let begun: Vec<u8> =
        csids.iter().flat_map(|csid| message(*csid, *csid, 8, 1, &[*csid as u8; 100], 100)).collect();
    let messages = read_new(&begun).unwrap();
    assert_eq!(times(&messages), csids);
    for (csid, message) in csids.iter().zip(&messages) {
        assert_eq!(message.body, vec![*csid as u8; 100]);
    }
}

#[test]
fn a_csid_is_the_same_in_every_form_that_holds_it() {
    for csid in [2, 63, 64, 319, 320, 4711, 65_599] {
        assert_eq!(read_new(&basic_header(3, csid)), Err(Error::NoEarlierHeader(csid)));
    }
    let body = vec![5; 200];
    let three_bytes = vec![0xc0 | 1, 36, 0];
    let bytes =
        [full_header(100, 0, 200, 8, 1), body[..128].to_vec(), three_bytes, body[128..].to_vec()].concat();
    assert_eq!(read_new(&bytes).unwrap()[0].body, body);
}

#[test]
fn interleaved_messages_stay_apart() {
    let (audio, video) = (vec![0xaa; 200], vec![0xbb; 300]);
    let bytes = [
        full_header(4, 10, 300, 9, 1),
        video[..128].to_vec(),
        full_header(70, 11, 200, 8, 1),
        audio[..128].to_vec(),
        basic_header(3, 4),
        video[128..256].to_vec(),
        basic_header(3, 70),
        audio[128..].to_vec(),
        basic_header(3, 4),
        video[256..].to_vec(),
    ]
    .concat();
    let messages = read_new(&bytes).unwrap();
    assert_eq!(times(&messages), [11, 10]);
    assert!(messages[0].body == audio && messages[1].body == video);
}

#[test]
fn a_chunk_size_set_in_the_middle_of_a_message_counts_at_once() {
    let video = vec![7; 1000];
    let bytes = [
        full_header(4, 0, 1000, 9, 1),
        video[..128].to_vec(),
        message(2, 0, 1, 0, &4096_u32.to_be_bytes(), 128),
        basic_header(3, 4),
        video[128..].to_vec(),
    ]
    .concat();
    assert_eq!(read_new(&bytes).unwrap()[1].body, video);
}

#[test]
fn chunk_sizes_of_0_and_with_the_top_bit_are_refused_and_1_works() {
    let mut dechunker = Dechunker::new(&Limits::default());
    assert_eq!(dechunker.set_chunk_size(0), Err(Error::ChunkSize(0)));
    assert_eq!(dechunker.set_chunk_size(0x8000_0000), Err(Error::ChunkSize(0x8000_0000)));
    dechunker.set_chunk_size(1).unwrap();
    let messages = read_all(&mut dechunker, &message(4, 0, 9, 1, b"abc", 1)).unwrap();
    assert_eq!(messages[0].body, "abc");
    dechunker.set_chunk_size(0x7fff_ffff).unwrap();
    assert_eq!(read_all(&mut dechunker, &message(4, 0, 9, 1, &[1; 9000], 9000)).unwrap()[0].body.len(), 9000);
}

#[test]
fn deltas_add_up_and_repeat() {
    let bytes = [
        message(4, 100, 8, 1, b"a", 128),
        // Type 1: +20, two bytes. Type 2: +3. Type 3: +3 again.
        vec![0x44, 0, 0, 20, 0, 0, 2, 8, b'b', b'b'],
        vec![0x84, 0, 0, 3, b'c', b'c'],
        vec![0xc4, b'd', b'd'],
    ]
    .concat();
    assert_eq!(times(&read_new(&bytes).unwrap()), [100, 120, 123, 126]);
}

#[test]
fn type_3_after_type_0_repeats_its_time_as_a_delta() {
    let bytes = [message(4, 23, 8, 1, b"a", 128), vec![0xc4, b'b']].concat();
    assert_eq!(times(&read_new(&bytes).unwrap()), [23, 46]);
    let extended = 0x0100_0000_u32.to_be_bytes();
    let bytes =
        [message(4, 0x0100_0000, 8, 1, b"a", 128), vec![0xc4], extended.to_vec(), vec![b'b']].concat();
    assert_eq!(times(&read_new(&bytes).unwrap()), [0x0100_0000, 0x0100_0000]);
}

#[test]
fn time_wraps_at_32_bits() {
    let bytes = [message(4, u32::MAX - 5, 8, 1, b"a", 128), vec![0x84, 0, 0, 10, b'b']].concat();
    assert_eq!(times(&read_new(&bytes).unwrap()), [u32::MAX - 5, 4]);
}

#[test]
fn an_extended_delta_is_read_and_may_be_small() {
    let header =
        |delta: u32| [vec![0x84, 0xff, 0xff, 0xff], delta.to_be_bytes().to_vec(), vec![b'x']].concat();
    let bytes = [message(4, 5, 8, 1, b"a", 128), header(0x0200_0000), header(1)].concat();
    assert_eq!(times(&read_new(&bytes).unwrap()), [5, 0x0200_0005, 0x0200_0006]);
}

/// A message at a time beyond 24 bits, in chunks of 128, with or without the repeated field.
fn extended(repeat: bool, body: &[u8]) -> Vec<u8> {
    let time = 0x0abc_def0_u32;
    let mut bytes = full_header(4, time, body.len(), 9, 1);
    for (index, part) in body.chunks(128).enumerate() {
        if index > 0 {
            bytes.push(0xc4);
            if repeat {
                bytes.extend_from_slice(&time.to_be_bytes());
            }
        }
        bytes.extend_from_slice(part);
    }
    bytes
}

#[test]
fn extended_time_on_type_3_is_understood_repeated_and_not() {
    for repeat in [true, false] {
        for len in [1, 128, 129, 130, 131, 132, 133, 500, 2000] {
            let body: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
            let bytes = [extended(repeat, &body), extended(repeat, &body)].concat();
            for split in [1, 2, 3, 5, bytes.len()] {
                let mut dechunker = Dechunker::new(&Limits::default());
                let messages: Vec<_> =
                    bytes.chunks(split).flat_map(|part| read_all(&mut dechunker, part).unwrap()).collect();
                assert_eq!(messages.len(), 2, "repeat {repeat} len {len} split {split}");
                assert!(messages.iter().all(|m| m.body == body && m.timestamp == 0x0abc_def0));
            }
        }
    }
}

#[test]
fn payload_that_begins_like_the_extended_time_is_not_lost() {
    // Not repeated, and the second chunk begins with three of the four bytes; the third chunk's header comes inside
    // what was compared.
    let mut body = vec![1; 128];
    body.extend([0x0a, 0xbc, 0xde]);
    for len in [129, 130, 131] {
        let bytes = [extended(false, &body[..len]), extended(false, b"next")].concat();
        for split in [1, 2, bytes.len()] {
            let mut dechunker = Dechunker::new(&Limits::default());
            let messages: Vec<_> =
                bytes.chunks(split).flat_map(|part| read_all(&mut dechunker, part).unwrap()).collect();
            assert_eq!(messages.len(), 2, "len {len} split {split}");
            assert!(messages[0].body == body[..len] && messages[1].body == "next");
        }
    }
}

#[test]
fn once_not_repeated_the_extended_time_is_payload_wherever_it_stands() {
    let mut body = vec![1; 300];
    body[256..260].copy_from_slice(&0x0abc_def0_u32.to_be_bytes());
    assert_eq!(read_new(&extended(false, &body)).unwrap()[0].body, body);
}

#[test]
fn abort_drops_the_half_message_and_its_memory() {
    let mut dechunker = Dechunker::new(&Limits::default());
    let half = [full_header(5, 0, 1000, 9, 1), vec![1; 128]].concat();
    assert!(read_all(&mut dechunker, &half).unwrap().is_empty());
    assert_eq!(dechunker.buffered_bytes(), 1000);
    dechunker.abort(5);
    dechunker.abort(99);
    assert_eq!(dechunker.buffered_bytes(), 0);
    assert_eq!(read_all(&mut dechunker, &message(5, 7, 9, 1, b"new", 128)).unwrap()[0].body, "new");
}

#[test]
fn sizes_are_refused_before_memory_is_taken() {
    let announce = |len, type_id| read_new(&full_header(4, 0, len, type_id, 1));
    assert!(announce(4 << 20, 9).is_ok() && announce(64 << 10, 20).is_ok());
    for (len, type_id) in [((4 << 20) + 1, 9), ((4 << 20) + 1, 8), ((64 << 10) + 1, 20), ((64 << 10) + 1, 77)]
    {
        assert_eq!(announce(len, type_id), Err(Error::MessageTooLarge { type_id, len }));
    }
}

#[test]
fn the_sum_of_half_open_messages_is_bounded() {
    let mut dechunker = Dechunker::new(&Limits::default());
    dechunker.set_chunk_size(3 << 20).unwrap();
    let mut result = Ok(Vec::new());
    for csid in 3..40 {
        let half = [full_header(csid, 0, 4 << 20, 9, 1), vec![0; 3 << 20]].concat();
        result = read_all(&mut dechunker, &half);
        assert!(dechunker.buffered_bytes() <= 8 << 20);
        if result.is_err() {
            break;
        }
    }
    assert_eq!(result, Err(Error::TooMuchHalfOpen));
}

#[test]
fn the_number_of_chunk_streams_is_bounded() {
    let bytes: Vec<u8> = (3..68).flat_map(|csid| message(csid, 0, 8, 1, b"", 128)).collect();
    assert_eq!(read_new(&bytes), Err(Error::TooManyChunkStreams));
}

#[test]
fn headers_that_refer_to_nothing_or_cut_a_message_are_errors() {
    assert_eq!(read_new(&[0x84, 0, 0, 0]), Err(Error::NoEarlierHeader(4)));
    assert_eq!(read_new(&[0xc4]), Err(Error::NoEarlierHeader(4)));
    let inside = [full_header(4, 0, 200, 9, 1), vec![0; 128], full_header(4, 0, 200, 9, 1)].concat();
    assert_eq!(read_new(&inside), Err(Error::HeaderInsideMessage(4)));
    // librtmp begins with type 1.
    let begun = read_new(&[0x45, 0, 0, 9, 0, 0, 1, 8, b'x']).unwrap();
    assert_eq!((begun[0].timestamp, begun[0].stream_id), (9, 0));
}

#[test]
fn a_message_is_handed_over_without_spare_memory() {
    let body = vec![3; 300_000];
    let mut dechunker = Dechunker::new(&Limits::default());
    let messages = read_all(&mut dechunker, &message(4, 0, 9, 1, &body, 128)).unwrap();
    assert!(messages[0].body == body);
    assert_eq!(dechunker.buffered_bytes(), 0);
}

/// A chunk's bytes, and the body it completes.
type QueuedChunk = (Vec<u8>, Option<Vec<u8>>);

/// Messages on several chunk streams, their chunks interleaved at random.
fn conversations() -> impl Strategy<Value = (Vec<u8>, Vec<Vec<u8>>)> {
    let part = (0..5_u32, proptest::collection::vec(any::<u8>(), 0..700), any::<u32>());
    (proptest::collection::vec(part, 1..12), any::<u64>()).prop_map(|(parts, seed)| {
        let mut queues: [Vec<QueuedChunk>; 5] = Default::default();
        for (slot, body, time) in parts {
            let csid = [4, 63, 64, 400, 65_599][slot as usize];
            let count = body.chunks(128).len().max(1);
            let mut rest = message(csid, time, 9, 1, &body, 128).into_iter();
            for index in 0..count {
                let extra = if time >= 0xff_ffff { 4 } else { 0 };
                let fields = if index == 0 { 11 + extra } else { extra };
                let payload = body.chunks(128).nth(index).map_or(0, <[u8]>::len);
                let len = basic_header(0, csid).len() + fields + payload;
                let done = (index + 1 == count).then(|| body.clone());
                queues[slot as usize].push((rest.by_ref().take(len).collect(), done));
            }
        }
        let (mut bytes, mut bodies, mut turn) = (Vec::new(), Vec::new(), seed);
        queues.iter_mut().for_each(|queue| queue.reverse());
        while queues.iter().any(|queue| !queue.is_empty()) {
            turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if let Some((chunk, done)) = queues[(turn >> 33) as usize % 5].pop() {
                bytes.extend(chunk);
                bodies.extend(done);
            }
        }
        (bytes, bodies)
    })
}

proptest! {
    #[test]
    fn any_interleaving_in_any_split_gives_the_bodies_whole(
        (bytes, bodies) in conversations(),
        splits in proptest::collection::vec(1..200_usize, 1..20),
    ) {
        let mut dechunker = Dechunker::new(&Limits::default());
        let (mut rest, mut messages) = (bytes.as_slice(), Vec::new());
        for split in splits.iter().cycle() {
            let (part, later) = rest.split_at((*split).min(rest.len()));
            messages.extend(read_all(&mut dechunker, part).unwrap());
            rest = later;
            if rest.is_empty() { break; }
        }
        let received: Vec<_> = messages.iter().map(|message| message.body.to_vec()).collect();
        prop_assert_eq!(received, bodies);
        prop_assert_eq!(dechunker.buffered_bytes(), 0);
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_memory_is_bounded(bytes in proptest::collection::vec(any::<u8>(), 0..5000)) {
        let limits = Limits { max_half_open: 100_000, ..Limits::default() };
        let mut dechunker = Dechunker::new(&limits);
        for part in bytes.chunks(37) {
            if read_all(&mut dechunker, part).is_err() { break; }
            prop_assert!(dechunker.buffered_bytes() <= 100_000);
        }
    }
}

proptest! {
    #[test]
    fn a_message_is_whole_after_exactly_the_bytes_that_it_misses(len in 1_usize..5_000, chunk in 1_u32..600, first in 12_usize..200) {
        let bytes = message(4, 0, 9, 1, &vec![7; len], chunk as usize);
        let first = first.min(bytes.len() - 1);
        let mut dechunker = Dechunker::new(&Limits::default());
        dechunker.set_chunk_size(chunk).unwrap();
        prop_assert_eq!(dechunker.read(&mut &bytes[..first]).unwrap(), None);
        let missing = dechunker.missing_bytes();
        if missing > 0 {
            prop_assert_eq!(missing, bytes.len() - first);
        }
        prop_assert!(dechunker.read(&mut &bytes[first..]).unwrap().is_some());
        prop_assert_eq!(dechunker.missing_bytes(), 0);
    }
}
