-- What is kept of rooms besides bans: the chat of broadcasts, for replay in step with a recording.

CREATE TABLE recordings (
    broadcast_id uuid PRIMARY KEY,
    room_id      uuid NOT NULL,
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    -- The id of the last event of the room's log that was looked at: 18 hex digits.
    last_id      text NOT NULL,
    -- The log was read to the end of the broadcast and past it.
    done         boolean NOT NULL DEFAULT false
);
CREATE INDEX recordings_open ON recordings (broadcast_id) WHERE NOT done;
CREATE INDEX recordings_started ON recordings (started_at);

CREATE TABLE recorded (
    broadcast_id uuid NOT NULL REFERENCES recordings ON DELETE CASCADE,
    id           text NOT NULL,
    -- Since the broadcast's start.
    offset_ms    bigint NOT NULL,
    kind         text NOT NULL,
    author_id    uuid,
    -- The members of the frame besides type, room, id and at, as JSON text without braces.
    body         text NOT NULL,
    PRIMARY KEY (broadcast_id, id)
);
CREATE INDEX recorded_author ON recorded (author_id, broadcast_id);

-- Who has ever written in a room.
CREATE TABLE chatters (
    room_id  uuid NOT NULL,
    user_id  uuid NOT NULL,
    first_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (room_id, user_id)
);

-- The colour that a person's name has in every room; none: the page chooses one.
CREATE TABLE colours (
    user_id uuid PRIMARY KEY,
    colour  text NOT NULL
);
