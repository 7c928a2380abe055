//! The sentences of refusals: one for the encoder's log, and one for the owner's dashboard, which also says what to do.

/// For the encoder's log; never tells more than the code does.
pub fn for_encoder(code: &str) -> &'static str {
    match code {
        "key_expired" => "This stream key is over.",
        "key_revoked" => "This stream key is not valid any more.",
        "account_suspended" => "This account is suspended.",
        "takeover_refused" => "Another encoder is publishing with this key.",
        "publish_too_often" => "This stream was started too often. Wait half a minute, then start again.",
        _ => "This stream key is not known.",
    }
}

/// A revoked or replaced key was used.
pub fn revoked(replaced: bool, key: &str) -> String {
    if replaced {
        format!(
            "An old version of the key “{key}” was refused: it was replaced. Copy the new key into your encoder."
        )
    } else {
        format!("The key “{key}” was refused: it was deleted. Make a new one and copy it into your encoder.")
    }
}

/// A key was used after its own end.
pub fn expired(key: &str) -> String {
    format!(
        "The key “{key}” was refused: it is over by the date that you gave it. Give it a later one, or use another key."
    )
}

/// The owner is suspended.
pub fn suspended() -> String {
    "The stream was refused: this account is suspended. Ask the operator of this server.".into()
}

/// The channel's publishes come faster than they may.
pub fn too_often(key: &str) -> String {
    format!(
        "A start with the key “{key}” was refused: there were too many in a short time. Stop the encoder or script that starts again \
         and again, wait half a minute, then start once."
    )
}

/// Two encoders fight.
pub fn fighting(key: &str, present: &str, other: &str) -> String {
    format!(
        "Two encoders use the key “{key}”: {present} is live, {other} was refused after taking over too often. \
         Stop one of them, or give each a key of its own."
    )
}

/// A node refused the media. Its own sentence names what it saw and what to do.
pub fn media(code: &str, detail: &str) -> String {
    let what = match code {
        "codec_unsupported" => {
            "Set H.264, HEVC or AV1 video and AAC or Opus audio in your encoder's output settings, then start again."
        }
        _ => "Check your encoder's output settings, then start again.",
    };
    match detail.trim() {
        "" => format!("The stream was refused ({code}). {what}"),
        detail => detail.to_owned(),
    }
}
