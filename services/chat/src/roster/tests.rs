//! Any coming and going, told or not, ends in what is so.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use streamly_domain::UserId;

fn entry(name: &str, badges: Vec<&'static str>) -> Arc<Entry> {
    let person = Person { id: UserId(uuid::Uuid::nil()), username: name.into(), display_name: name.into() };
    Arc::new(Entry { person, badges })
}

#[test]
fn a_person_with_two_sockets_comes_once_and_goes_with_the_last() {
    let mut here = Here::default();
    here.told();
    here.enter(1, Some(entry("ada", vec![])));
    here.enter(2, Some(entry("ada", vec![])));
    assert_eq!((here.count(), here.changes().come.len()), (1, 1));
    here.told();
    here.leave(1);
    assert_eq!(here.changes(), Changes::default());
    here.enter(2, Some(entry("ada", vec!["vip"])));
    assert!(here.changes().come[0].1.contains("vip"), "another badge is told");
    here.told();
    here.retain(|_| false);
    assert_eq!(here.changes().go, ["ada"]);
    assert!(!here.is_told());
    here.told();
    assert!(here.is_told());
}

#[test]
fn cursors_are_names_of_people_and_bots() {
    assert!(is_cursor("ada_1:quiz"));
    for bad in ["", "A", "a b", "(a", "[", "a\n", &"x".repeat(65)] {
        assert!(!is_cursor(bad), "{bad}");
    }
}

proptest! {
    #[test]
    fn what_is_told_adds_up(steps in prop::collection::vec((0u8..5, 0u64..6, 0usize..4), 0..80)) {
        let names = ["ada", "bob", "cleo", "dan"];
        let (mut here, mut theirs, mut model) = (Here::default(), BTreeSet::new(), HashMap::new());
        for (step, socket, name) in steps {
            match step {
                0 | 1 => {
                    here.enter(socket, Some(entry(names[name], vec![])));
                    model.insert(socket, names[name]);
                }
                2 => {
                    here.leave(socket);
                    model.remove(&socket);
                }
                3 => {
                    let changes = here.changes();
                    if changes.all {
                        theirs.clear();
                    }
                    theirs.extend(changes.come.into_iter().map(|(name, _)| name));
                    changes.go.iter().for_each(|name| { theirs.remove(name); });
                    here.told();
                    let so: BTreeSet<String> = model.values().map(|n| (*n).to_owned()).collect();
                    prop_assert_eq!(&theirs, &so);
                }
                _ => here.unknown(),
            }
        }
    }
}
