//! The statements of a permit, which has a bound on its time: each connection has them prepared from its start (`admission` is who asks them).

use super::{broadcasts, channels, keys, outbox, refusals, sessions};

/// Their texts, as they are prepared where they are asked.
pub fn statements() -> Vec<String> {
    let fixed = [
        sessions::BY_ATTEMPT,
        refusals::BY_ATTEMPT,
        broadcasts::NOW,
        broadcasts::INSERT,
        sessions::INSERT,
        keys::USED,
        outbox::PUSH,
    ];
    let built =
        [keys::presenting(), broadcasts::looking_up(), broadcasts::opening(), channels::locking_text()];
    built.into_iter().chain(fixed.map(str::to_owned)).collect()
}
