//! The rules of publishing, with hand-made instants.

use super::*;
use proptest::prelude::*;
use streamly_domain::StreamState as S;

const TTL: Duration = Duration::from_secs(15);

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(1_000_000 + seconds)
}
fn current(state: S, takeovers: u64) -> Current {
    Current { epoch: 3, state, reserved: 2048, takeovers, host: Host::Present }
}

#[test]
fn a_second_publisher_goes_on_above_everything_reserved() {
    assert_eq!(admit(None), Admission::Fresh);
    let Admission::Resumed { epoch, first_msn, reserved, takeover } =
        admit(Some(&current(S::Reconnecting, 5)))
    else {
        panic!("a reconnect is always let in")
    };
    assert_eq!((epoch, first_msn, takeover), (4, 2048, false));
    assert!(reserved > first_msn);
}

#[test]
fn the_third_take_over_of_flowing_media_in_a_minute_is_refused() {
    assert!(matches!(admit(Some(&current(S::Live, 1))), Admission::Resumed { takeover: true, .. }));
    assert_eq!(admit(Some(&current(S::Live, 2))), Admission::Fighting);
    assert!(matches!(admit(Some(&current(S::Starting, 2))), Admission::Resumed { takeover: false, .. }));
}

#[test]
fn whoever_moves_from_a_node_that_drains_or_is_gone_fights_with_nobody() {
    for host in [Host::Draining, Host::Gone] {
        let current = Current { host, ..current(S::Live, 9) };
        assert!(
            matches!(admit(Some(&current)), Admission::Resumed { epoch: 4, takeover: false, .. }),
            "{host:?}"
        );
    }
}

#[test]
fn only_the_highest_epoch_is_listened_to() {
    let report = |epoch| Report { epoch, state: S::Live, next_msn: 10 };
    assert_eq!(judge(3, S::Live, 1024, &report(2)), Verdict::Superseded);
    assert_eq!(judge(3, S::Live, 1024, &report(3)), Verdict::Renew { state: None, reserve: None });
}

#[test]
fn a_resumed_session_that_starts_does_not_take_back_live() {
    let report = Report { epoch: 4, state: S::Starting, next_msn: 0 };
    for state in [S::Live, S::Reconnecting, S::Starting] {
        assert_eq!(judge(4, state, 1024, &report), Verdict::Renew { state: None, reserve: None });
    }
    let live = Report { state: S::Live, ..report };
    assert_eq!(
        judge(4, S::Reconnecting, 1024, &live),
        Verdict::Renew { state: Some(S::Live), reserve: None }
    );
}

#[test]
fn a_lease_that_is_not_renewed_is_lost_after_its_ttl_and_ends_after_grace_never_before() {
    let mut open = Open { state: S::Live, renewed: at(0), grace_until: None };
    assert_eq!(reap(at(14), at(-100), TTL, &open), Reap::Keep);
    assert_eq!(reap(at(15), at(-100), TTL, &open), Reap::Lost);
    open = Open { state: S::Reconnecting, renewed: at(0), grace_until: Some(at(75)) };
    assert_eq!(reap(at(74), at(-100), TTL, &open), Reap::Keep);
    assert_eq!(reap(at(75), at(-100), TTL, &open), Reap::End);
}

#[test]
fn after_an_outage_of_this_service_each_lease_gets_one_whole_ttl() {
    let open = Open { state: S::Live, renewed: at(0), grace_until: None };
    assert_eq!(reap(at(600), at(590), TTL, &open), Reap::Keep);
    assert_eq!(reap(at(605), at(590), TTL, &open), Reap::Lost);
}

#[test]
fn a_node_that_lives_ends_its_grace_itself_but_is_not_waited_for_for_ever() {
    let open = Open { state: S::Reconnecting, renewed: at(75), grace_until: Some(at(75)) };
    assert_eq!(reap(at(76), at(0), TTL, &open), Reap::Keep);
    assert_eq!(reap(at(90), at(0), TTL, &Open { renewed: at(90), ..open }), Reap::End);
}

proptest! {
    #[test]
    fn a_reservation_only_grows_and_never_ends_behind_the_next_number(reserved in 1024u64..1 << 40, next in any::<u64>()) {
        let report = Report { epoch: 1, state: S::Live, next_msn: next };
        let Verdict::Renew { reserve, .. } = judge(1, S::Live, reserved, &report) else { panic!("same epoch") };
        let after = reserve.unwrap_or(reserved);
        prop_assert!(after >= reserved);
        prop_assert!(after >= next.min(reserved) + MSN_AHEAD);
        prop_assert!(after - reserved <= MSN_BLOCK);
    }
}
