use super::*;
use proptest::prelude::*;
use streamly_proto::ingest::v1::hand_over_piece::Finished;

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
    })
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
    Err(Unusable::Unfinished)
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
    assert_eq!((import.next_msn, import.target), (60, Duration::from_secs(2)));
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
    let named = |name: &str| {
        let Piece::Segment(segment) = source() else { unreachable!() };
        Piece::Segment(Segment { rendition: name.into(), ..segment })
    };
    assert_eq!(with(&|_| {}, vec![named("480p")]), Ok(()));
    for name in ["/var/lib/else", "../..", "", "481p", "480p/../.."] {
        assert_eq!(with(&|_| {}, vec![named(name)]), Err(Unusable::Renditions), "{name}");
    }
    let wild: [fn(&mut Opened); 5] = [
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
    let later = Piece::Segment(Segment { epoch: 5, ..segment });
    assert_eq!(with(&|_| {}, vec![later]), Err(Unusable::Bounds), "an epoch after the last");
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
        pieces in prop::collection::vec((0u8..5, 55u64..62, 0u32..6, prop::collection::vec(any::<u8>(), 0..6), any::<bool>()), 0..20)
    ) {
        let pieces = pieces.into_iter().map(|(kind, msn, told, bytes, last)| match kind {
            0 => opened(),
            1 => finished(),
            2 => Piece::Init(Init { bytes, ..Init::default() }),
            3 => piece(msn, Vec::new(), &bytes, last),
            _ => piece(msn, vec![part(told), part(told)], &bytes, last),
        });
        // An error is as good as a window here.
        let _ = assemble(std::iter::once(opened()).chain(pieces).collect());
    }
}
