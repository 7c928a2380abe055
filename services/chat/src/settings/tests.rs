use super::*;
use proptest::prelude::*;

fn object(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn fields(change: Value) -> Vec<String> {
    let errors = Settings::default().patched(&object(change), true).unwrap_err();
    errors.into_iter().map(|e| e.field).collect()
}

#[test]
fn a_change_takes_what_it_names_and_leaves_the_rest() {
    let first = Settings::default().patched(&object(json!({"slow_s": 7200, "unknown": 1})), true).unwrap();
    let second =
        first.patched(&object(json!({"followers_only_min": 0, "rules": {"caps": "hold"}})), true).unwrap();
    assert_eq!((second.slow_s, second.followers_only_min, second.rules.caps), (7200, Some(0), Measure::Hold));
    assert_eq!(second.rules.terms, Measure::Hold, "rules that are not named stay");
    let third = second.patched(&object(json!({"followers_only_min": null})), true).unwrap();
    assert_eq!((third.followers_only_min, third.slow_s), (None, 7200));
}

#[test]
fn each_wrong_field_is_named_and_nothing_is_taken() {
    for (change, named) in [
        (json!({"slow_s": 7201}), "slow_s"),
        (json!({"slow_s": -1}), "slow_s"),
        (json!({"slow_s": 1.5}), "slow_s"),
        (json!({"slow_s": null}), "slow_s"),
        (json!({"followers_only_min": 129_601}), "followers_only_min"),
        (json!({"unique": "yes"}), "unique"),
        (json!({"links": "Hold"}), "links"),
        (json!({"rules": []}), "rules"),
        (json!({"rules": {"flood": true}}), "rules.flood"),
        (json!({"shield": 1}), "shield"),
    ] {
        assert_eq!(fields(change.clone()), [named], "{change}");
    }
    assert_eq!(fields(json!({"slow_s": "a", "shield": 2, "rules": {"caps": 0}})).len(), 3);
}

#[test]
fn shield_sets_the_strict_ones_and_gives_back_what_was_before() {
    let before = Settings::default()
        .patched(&object(json!({"slow_s": 5, "images": true, "rules": {"caps": "refuse"}})), true)
        .unwrap();
    let on = before.patched(&object(json!({"shield": true})), true).unwrap();
    assert_eq!((on.slow_s, on.followers_only_min, on.verified_only, on.unique), (30, Some(10), true, true));
    assert_eq!(
        (on.links, on.images, on.rules.caps, on.rules.flood),
        (Measure::Refuse, false, Measure::Refuse, Measure::Hold)
    );
    assert_eq!(on.patched(&object(json!({"shield": true})), true).unwrap(), on, "twice is once");
    // Kept and read again in between, and changed under shield.
    let kept =
        Settings::from_stored(on.stored(), on.version).patched(&object(json!({"slow_s": 60})), true).unwrap();
    assert_eq!((kept.slow_s, kept.shield), (60, true));
    assert_eq!(kept.patched(&object(json!({"shield": false})), true).unwrap(), before);
    let other = kept.patched(&object(json!({"shield": false, "slow_s": 9})), true).unwrap();
    assert_eq!((other.slow_s, other.images), (9, true), "what is named beside it counts");
}

#[test]
fn a_change_is_taken_back_where_it_still_holds() {
    let before = Settings::default();
    let after = before
        .patched(&object(json!({"slow_s": 10, "unique": true, "rules": {"caps": "hold"}})), true)
        .unwrap();
    let changes = after.changes_from(&before);
    assert_eq!(
        Value::Object(changes.clone()),
        json!({"slow_s": [0, 10], "unique": [false, true], "rules.caps": ["allow", "hold"]})
    );
    assert_eq!(after.taken_back(&changes, true), Some(before.clone()));
    let later = after.patched(&object(json!({"slow_s": 20})), true).unwrap();
    assert_eq!(later.taken_back(&changes, true).map(|s| (s.slow_s, s.unique)), Some((20, false)));
    assert_eq!(before.taken_back(&changes, true), None);
    let shield = before.patched(&object(json!({"shield": true})), true).unwrap();
    assert_eq!(shield.taken_back(&shield.changes_from(&before), true), Some(before));
}

#[test]
fn the_public_part_has_no_rules_and_nothing_shows_what_was_before() {
    let on = Settings::default().patched(&object(json!({"shield": true})), true).unwrap();
    assert!(on.public().get("rules").is_none() && on.for_moderators().get("rules").is_some());
    assert!(on.for_moderators().get("before_shield").is_none());
}

proptest! {
    #[test]
    fn any_change_is_taken_whole_or_not_at_all_and_stays_in_bounds(text in "\\{(\"(slow_s|shield|links|followers_only_min|rules)\":(true|false|null|-?[0-9]{1,6}|\"hold\"|\\{\\}),){0,3}\"unique\":true\\}") {
        let change: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
        let before = Settings::default();
        if let Ok(after) = before.patched(&change, true) {
            prop_assert!(after.slow_s <= MAX_SLOW_S && after.followers_only_min.unwrap_or(0) <= MAX_FOLLOWED_MIN);
            prop_assert_eq!(Settings::from_stored(after.stored(), 0), after);
        }
    }
}

#[test]
fn where_no_address_can_be_confirmed_shield_leaves_that_out_and_it_cannot_be_asked_for() {
    let on = Settings::default().patched(&object(json!({"shield": true})), false).unwrap();
    assert!(on.shield && !on.verified_only && on.unique);
    let errors = Settings::default().patched(&object(json!({"verified_only": true})), false).unwrap_err();
    assert_eq!(errors.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["verified_only"]);
    let off = Settings { verified_only: true, ..Settings::default() };
    assert!(!off.patched(&object(json!({"verified_only": false})), false).unwrap().verified_only);
}
