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

-- The message that is pinned in a room.
CREATE TABLE pins (
    room_id    uuid PRIMARY KEY,
    message_id text NOT NULL,
    author_id  uuid,
    -- The frame `pinned` of the room's log.
    frame      text NOT NULL
);

-- Polls. Votes are counted from their table; the row has the counts from the end on.
CREATE TABLE polls (
    id         uuid PRIMARY KEY,
    room_id    uuid NOT NULL,
    question   text NOT NULL,
    options    text[] NOT NULL,
    made_by    uuid NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    ends_at    timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'cancelled'))
);
CREATE UNIQUE INDEX polls_open ON polls (room_id) WHERE state = 'open';
CREATE INDEX polls_by_room ON polls (room_id, id DESC);
CREATE INDEX polls_ending ON polls (ends_at) WHERE state = 'open';

CREATE TABLE poll_votes (
    poll_id uuid NOT NULL REFERENCES polls ON DELETE CASCADE,
    user_id uuid NOT NULL,
    option  smallint NOT NULL,
    PRIMARY KEY (poll_id, user_id)
);
