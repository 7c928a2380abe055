-- Who may watch a channel, and until when a stream key opens it.

ALTER TABLE channels
    ADD COLUMN visibility text NOT NULL DEFAULT 'public'
        CHECK (visibility IN ('public', 'unlisted', 'followers', 'password', 'private')),
    -- Goes up when what was allowed before is no more: playback tokens and admissions of another number are void.
    ADD COLUMN watch_version bigint NOT NULL DEFAULT 0,
    -- A PHC string; NULL: none was set.
    ADD COLUMN watch_password text;

-- The secret link of a channel: hashed for look-up, sealed for its owner.
CREATE TABLE watch_links (
    id         uuid PRIMARY KEY,
    channel_id uuid NOT NULL UNIQUE REFERENCES channels ON DELETE CASCADE,
    lookup     bytea NOT NULL UNIQUE,
    sealed     bytea NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now()
);

-- Signed-in viewers who proved the channel's password or link, for the watch version at which they did.
CREATE TABLE admissions (
    channel_id  uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
    user_id     uuid NOT NULL,
    version     bigint NOT NULL,
    admitted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel_id, user_id)
);

ALTER TABLE stream_keys
    -- From then on it opens nothing new; NULL: never.
    ADD COLUMN expires_at timestamptz;
