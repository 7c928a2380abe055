-- Blocked terms, messages that wait for a moderator, reports, unban requests, personal block lists.
CREATE TABLE terms (
    id       uuid PRIMARY KEY,
    room_id  uuid NOT NULL,
    -- As it is shown and read: small, NFC.
    term     text NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (room_id, term)
);
CREATE TABLE holds (
    id          uuid PRIMARY KEY,
    room_id     uuid NOT NULL,
    user_id     uuid NOT NULL,
    nonce       text,
    text        text NOT NULL,
    -- The members of the message to be, as JSON text without braces.
    body        text NOT NULL,
    reason      text NOT NULL,
    -- The blocked term, where it was one.
    matched     text,
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'denied', 'expired')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    resolved_at timestamptz,
    resolved_by uuid,
    message_id  text
);
CREATE INDEX holds_waiting ON holds (room_id, id) WHERE state = 'waiting';
CREATE INDEX holds_by_user ON holds (user_id, room_id, id);
CREATE INDEX holds_due ON holds (expires_at) WHERE state = 'waiting';
CREATE INDEX holds_resolved ON holds (resolved_at) WHERE state <> 'waiting';
CREATE TABLE reports (
    id          uuid PRIMARY KEY,
    room_id     uuid NOT NULL,
    about       text NOT NULL CHECK (about IN ('message', 'user', 'channel')),
    -- The message's, user's or channel's id.
    target      text NOT NULL,
    -- Whom it comes down to: the message's author, the user, the channel's owner.
    user_id     uuid NOT NULL,
    reporter_id uuid NOT NULL,
    category    text NOT NULL,
    text        text NOT NULL,
    -- The message as it was.
    evidence    jsonb NOT NULL DEFAULT 'null',
    queue       text NOT NULL CHECK (queue IN ('room', 'platform')),
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acted', 'dismissed')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    escalated_by uuid,
    resolved_at timestamptz,
    resolved_by uuid,
    answer      text NOT NULL DEFAULT ''
);
-- One open report of a person about a thing.
CREATE UNIQUE INDEX reports_once ON reports (reporter_id, room_id, about, target) WHERE state = 'open';
CREATE INDEX reports_of_room ON reports (room_id, state, id) WHERE queue = 'room';
CREATE INDEX reports_of_platform ON reports (state, id) WHERE queue = 'platform';
CREATE INDEX reports_by_reporter ON reports (reporter_id, id);
CREATE INDEX reports_resolved ON reports (resolved_at) WHERE state <> 'open';
CREATE TABLE unban_requests (
    id          uuid PRIMARY KEY,
    room_id     uuid NOT NULL,
    user_id     uuid NOT NULL,
    text        text NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'denied')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolved_by uuid,
    answer      text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX unban_requests_once ON unban_requests (room_id, user_id) WHERE state = 'open';
CREATE INDEX unban_requests_of_room ON unban_requests (room_id, state, id);
CREATE INDEX unban_requests_by_user ON unban_requests (user_id, room_id, id);
CREATE TABLE blocks (
    user_id    uuid NOT NULL,
    blocked_id uuid NOT NULL,
    blocked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, blocked_id)
);
