use super::*;
use proptest::prelude::*;
use streamly_proto::ingest::v1::hand_over_piece::{Finished, Kept, KeptSegment};

fn opened() -> Piece {
    Piece::Opened(Opened {
        next_msn: 60,
        discontinuity_sequence: 3,
        target_duration_ms: 2_000,
        part_target_us: 168_666,
        last_date_us: 1_800_000_000_000_000,
        video_dts: 1,
        video_pts: 2,
        audio: 3,
        ..Opened::default()
    })
}

/// The same of a node that gives the newest first.
fn newest_first() -> Piece {
    let Piece::Opened(opened) = opened() else { unreachable!() };
    Piece::Opened(Opened { newest_first: true, next_discontinuity_sequence: 5, ..opened })
}

fn named(name: &str, piece: Piece) -> Piece {
    let Piece::Segment(segment) = piece else { unreachable!() };
    Piece::Segment(Segment { rendition: name.into(), ..segment })
}

fn init() -> Piece {
    Piece::Init(Init { rendition: SOURCE.into(), epoch: 4, number: 0, bytes: b"init".to_vec() })
}

fn kept(msns: impl IntoIterator<Item = u64>) -> Piece {
    let kept = |msn| KeptSegment {
        epoch: 4,
        msn,
        duration_ns: 2_000_000_000,
        bytes: 9,
        init_epoch: 4,
        ..KeptSegment::default()
    };
    Piece::Kept(Kept { rendition: SOURCE.into(), segments: msns.into_iter().map(kept).collect() })
}

/// The numbers of a rendition: of its rewind and of its segments.
fn numbers(import: &Import, rendition: usize) -> (Vec<u64>, Vec<u64>) {
    let Imported { kept, segments, .. } = &import.renditions[rendition];
    (kept.iter().map(|kept| kept.id.msn).collect(), segments.iter().map(|segment| segment.msn).collect())
}

fn part(bytes: u32) -> Part {
    Part { duration_ns: 166_666_667, bytes, independent: true, gap: false }
}

fn piece(msn: u64, parts: Vec<Part>, bytes: &[u8], last: bool) -> Piece {
    Piece::Segment(Segment {
        rendition: SOURCE.into(),
        epoch: 4,
        msn,
        parts,
        bytes: bytes.to_vec(),
        last,
        init_epoch: 4,
        ..Segment::default()
    })
}

fn finished() -> Piece {
    Piece::Finished(Finished {})
}

fn assemble(pieces: Vec<Piece>) -> Result<Import, Unusable> {
    let mut assembly = Assembly::new(1_000);
    for piece in pieces {
        if assembly.take(piece)? {
            return assembly.finish(4, 50);
        }
    }
    // The time is over.
    assembly.finish(4, 50)
}

#[test]
fn a_segment_in_several_pieces_is_cut_into_its_parts_again() {
    let init = Init { rendition: SOURCE.into(), epoch: 4, number: 0, bytes: b"init".to_vec() };
    let pieces = vec![
        opened(),
        Piece::Init(init),
        piece(58, vec![part(3), part(4)], b"one", false),
        piece(58, Vec::new(), b"tw", false),
        piece(58, Vec::new(), b"o!", true),
        piece(59, vec![part(5)], b"three", true),
        finished(),
    ];
    let import = assemble(pieces).unwrap();
    let source = &import.renditions[0];
    let media =
        |msn: usize| source.segments[msn].parts.iter().map(|part| &part.bytes[..]).collect::<Vec<_>>();
    assert_eq!((media(0), media(1)), (vec![&b"one"[..], b"two!"], vec![&b"three"[..]]));
    assert_eq!(source.inits, [(InitName { epoch: 4, number: 0 }, Bytes::from_static(b"init"))]);
    assert_eq!(source.segments[0].init, Some(InitName { epoch: 4, number: 0 }));
    assert_eq!((import.next_msn, import.targets.segment), (60, Duration::from_secs(2)));
}

#[test]
fn what_came_the_newest_first_is_in_the_order_of_the_lists() {
    let whole = |msn| piece(msn, vec![part(3)], b"one", true);
    let pieces = vec![
        newest_first(),
        init(),
        whole(59),
        named("480p", whole(59)),
        whole(58),
        kept([57, 56]),
        kept([55]),
        finished(),
    ];
    let import = assemble(pieces).unwrap();
    assert_eq!(numbers(&import, 0), (vec![55, 56, 57], vec![58, 59]));
    assert_eq!(numbers(&import, 1), (vec![], vec![59]));
    assert_eq!(import.next_discontinuity_sequence, 5);
    // From an older node it is counted from the front.
    let old = assemble(vec![opened(), whole(58), whole(59), finished()]).unwrap();
    assert_eq!((old.next_discontinuity_sequence, numbers(&old, 0).1), (3, vec![58, 59]));
}

#[test]
fn when_the_time_is_over_all_renditions_begin_together_with_what_came() {
    let whole = |msn| piece(msn, vec![part(3)], b"one", true);
    let came = |more: Vec<Piece>| {
        let first = vec![newest_first(), init(), whole(59), named("480p", whole(59))];
        assemble([first, more].concat())
    };
    let import = came(vec![whole(58), named("480p", whole(58)), whole(57)]).unwrap();
    assert_eq!((numbers(&import, 0).1, numbers(&import, 1).1), (vec![58, 59], vec![58, 59]));
    // Amid a segment that comes in pieces.
    let import = came(vec![whole(58), piece(57, vec![part(4)], b"o", false)]).unwrap();
    assert_eq!((numbers(&import, 0).1, numbers(&import, 1).1), (vec![58, 59], vec![59]));
    // The list of the rewind is of use as far as it came.
    let import = came(vec![whole(58), kept([57, 56])]).unwrap();
    assert_eq!(numbers(&import, 0), (vec![56, 57], vec![58, 59]));
    assert_eq!(came(vec![]), Err(Unusable::Empty), "of 59 there may be renditions that did not come");
    assert_eq!(assemble(vec![opened(), whole(59)]), Err(Unusable::Unfinished), "the oldest came first");
    assert_eq!(assemble(vec![]), Err(Unusable::Unfinished));
}

#[test]
fn what_has_no_room_is_left_out_and_what_came_is_of_use() {
    let large = |msn| piece(msn, vec![part(400)], &[0; 400], true);
    let mut assembly = Assembly::new(1_000);
    for piece in [newest_first(), init(), large(59), large(58)] {
        assert_eq!(assembly.take(piece), Ok(false));
    }
    assert_eq!(assembly.take(large(57)), Err(Unusable::TooLarge));
    assert!(assembly.is_of_use());
    assert_eq!(numbers(&assembly.finish(4, 50).unwrap(), 0).1, [59]);
}

#[test]
fn a_rewind_is_listed_as_far_as_it_goes_on_without_a_hole() {
    let whole = |msn| piece(msn, vec![part(3)], b"one", true);
    let with = |pieces: Vec<Piece>| {
        let first = vec![newest_first(), init(), whole(59)];
        assemble([first, pieces, vec![finished()]].concat()).map(|import| numbers(&import, 0).0)
    };
    assert_eq!(with(vec![kept([58, 57, 55])]), Ok(vec![57, 58]), "a hole");
    assert_eq!(with(vec![kept([57, 56])]), Ok(vec![]), "it does not reach the window");
    assert_eq!(with(vec![kept([58, 59])]), Ok(vec![58]), "it goes back");
    let one = |change: fn(&mut KeptSegment)| {
        let Piece::Kept(mut kept) = kept([58, 57, 56]) else { unreachable!() };
        change(&mut kept.segments[1]);
        with(vec![Piece::Kept(kept)])
    };
    assert_eq!(one(|_| {}), Ok(vec![56, 57, 58]));
    assert_eq!(one(|kept| kept.gap = true), Ok(vec![56, 57, 58]));
    assert_eq!(one(|kept| kept.init_number = 1), Ok(vec![58]), "an init section that did not come");
    assert_eq!(one(|kept| kept.init_epoch = 0), Ok(vec![58]), "media without one");
    assert_eq!(one(|kept| kept.duration_ns = u64::MAX), Ok(vec![58]));
    assert_eq!(
        one(|kept| kept.duration_ns = 2_499_999_999),
        Ok(vec![56, 57, 58]),
        "2 s, to the nearest second"
    );
    assert_eq!(one(|kept| kept.duration_ns = 2_500_000_000), Ok(vec![58]), "longer than the target duration");
    assert_eq!(one(|kept| kept.date_us = u64::MAX), Err(Unusable::Bounds), "a date of no year");
    assert_eq!(one(|kept| kept.bytes = 1 << 40), Ok(vec![58]));
    assert_eq!(one(|kept| kept.epoch = 3), Ok(vec![58]), "an init section that is newer");
    assert_eq!(one(|kept| kept.epoch = 5), Err(Unusable::Bounds), "an epoch after the last");
    assert_eq!(with(vec![kept([58]), whole(57)]), Err(Unusable::Order), "what has media came before");
}

#[test]
fn no_segment_is_listed_that_is_longer_than_the_target_duration() {
    let lasting = |msn, ns| piece(msn, vec![Part { duration_ns: ns, ..part(3) }], b"one", true);
    let with = |ns| {
        let list = vec![newest_first(), init(), lasting(59, 1), lasting(58, ns), lasting(57, 1), kept([56])];
        assemble([list, vec![finished()]].concat()).map(|import| numbers(&import, 0))
    };
    assert_eq!(with(2_499_999_999), Ok((vec![56], vec![57, 58, 59])), "2 s, to the nearest second");
    assert_eq!(with(2_500_000_000), Ok((vec![], vec![59])));
    assert_eq!(with(u64::MAX), Ok((vec![], vec![59])));
}

#[test]
fn breaks_before_a_segment_that_is_too_long_still_count() {
    let segment = |msn, discontinuity, duration_ns| {
        let piece = piece(msn, vec![Part { duration_ns, ..part(3) }], b"one", true);
        let Piece::Segment(segment) = piece else { unreachable!() };
        Piece::Segment(Segment { discontinuity, ..segment })
    };
    let pieces = vec![
        opened(),
        segment(57, true, 1),
        segment(58, true, 9_000_000_000),
        segment(59, true, 1),
        finished(),
    ];
    let import = assemble(pieces).unwrap();
    assert_eq!((numbers(&import, 0).1, import.next_discontinuity_sequence), (vec![59], 6));
}

#[test]
fn what_cannot_be_the_broadcast_before_is_refused() {
    let source = || piece(1, vec![part(3)], b"one", true);
    let with = |change: &dyn Fn(&mut Opened), more: Vec<Piece>| {
        let Piece::Opened(mut first) = opened() else { unreachable!() };
        change(&mut first);
        let pieces = [vec![Piece::Opened(first), source()], more, vec![finished()]].concat();
        assemble(pieces).map(drop)
    };
    let named = |name: &str| named(name, source());
    assert_eq!(with(&|_| {}, vec![named("480p")]), Ok(()));
    for name in ["/var/lib/else", "../..", "", "481p", "480p/../.."] {
        assert_eq!(with(&|_| {}, vec![named(name)]), Err(Unusable::Renditions), "{name}");
    }
    let wild: [fn(&mut Opened); 6] = [
        |opened| opened.last_date_us = u64::MAX,
        |opened| opened.next_msn = u64::MAX,
        |opened| opened.video_dts = i64::MIN,
        |opened| opened.audio = i64::MAX,
        |opened| opened.discontinuity_sequence = u64::MAX,
        |opened| opened.video_pts = 1 << 51,
    ];
    for change in wild {
        assert_eq!(with(&change, Vec::new()), Err(Unusable::Bounds));
    }
    assert_eq!(with(&|opened| opened.target_duration_ms = 4_000_000, Vec::new()), Err(Unusable::Targets));
    let Piece::Segment(segment) = piece(2, vec![part(3)], b"one", true) else { unreachable!() };
    let later = Piece::Segment(Segment { epoch: 5, ..segment.clone() });
    assert_eq!(with(&|_| {}, vec![later]), Err(Unusable::Bounds), "an epoch after the last");
    let dated = |date_us| Piece::Segment(Segment { date_us, ..segment.clone() });
    assert_eq!(with(&|_| {}, vec![dated(253_402_300_799_999_999)]), Ok(()), "31 December 9999");
    assert_eq!(with(&|_| {}, vec![dated(253_402_300_800_000_000)]), Err(Unusable::Bounds));
}

#[test]
fn what_does_not_add_up_is_refused() {
    let whole = |msn| piece(msn, vec![part(3)], b"one", true);
    let with = |mut more: Vec<Piece>| {
        more.insert(0, opened());
        more.push(finished());
        assemble(more)
    };
    assert_eq!(assemble(vec![whole(1), opened()]), Err(Unusable::Order), "no Opened");
    assert_eq!(with(vec![opened()]), Err(Unusable::Order));
    assert_eq!(with(vec![]), Err(Unusable::Empty));
    assert_eq!(with(vec![whole(58), whole(58)]), Err(Unusable::Numbers(58)));
    assert_eq!(with(vec![whole(60)]), Err(Unusable::Numbers(60)), "not below the next number");
    assert_eq!(with(vec![piece(58, vec![part(4)], b"one", true)]), Err(Unusable::Parts(58)));
    assert_eq!(with(vec![piece(58, vec![part(2)], b"one", true)]), Err(Unusable::Parts(58)));
    assert_eq!(with(vec![piece(58, vec![part(3)], b"on", false)]), Err(Unusable::Unfinished));
    assert_eq!(with(vec![piece(58, vec![part(3)], b"on", false), whole(59)]), Err(Unusable::Order));
    assert_eq!(with(vec![piece(58, vec![part(1001)], &[0; 1001], true)]), Err(Unusable::TooLarge));
    let targets = Piece::Opened(Opened { next_msn: 60, part_target_us: 1, ..Opened::default() });
    assert_eq!(assemble(vec![targets, whole(58), finished()]), Err(Unusable::Targets));
}

proptest! {
    #[test]
    fn whatever_comes_in_whatever_order_nothing_panics(
        pieces in prop::collection::vec((0u8..6, 55u64..62, 0u32..6, prop::collection::vec(any::<u8>(), 0..6), any::<bool>()), 0..20)
    ) {
        let pieces = pieces.into_iter().map(|(kind, msn, told, bytes, last)| match kind {
            0 => opened(),
            1 => finished(),
            4 => kept(msn.saturating_sub(u64::from(told))..msn),
            2 => Piece::Init(Init { bytes, ..Init::default() }),
            3 => piece(msn, Vec::new(), &bytes, last),
            _ => piece(msn, vec![part(told), part(told)], &bytes, last),
        });
        // An error is as good as a window here.
        let pieces: Vec<_> = pieces.collect();
        let _ = assemble(std::iter::once(opened()).chain(pieces.clone()).collect());
        let _ = assemble(std::iter::once(newest_first()).chain(pieces).collect());
    }
}
