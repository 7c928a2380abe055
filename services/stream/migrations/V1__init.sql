-- Channels, stream keys, broadcasts, sessions, refusals, outbox: everything that the stream service owns.

CREATE TABLE channels (
    id           uuid PRIMARY KEY,
    owner_id     uuid NOT NULL UNIQUE,
    username     text NOT NULL UNIQUE,
    display_name text NOT NULL,
    title        text NOT NULL DEFAULT '',
    category     text NOT NULL DEFAULT '',
    tags         text[] NOT NULL DEFAULT '{}',
    suspended    boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE stream_keys (
    id           uuid PRIMARY KEY,
    channel_id   uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
    name         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz,
    last_used_at timestamptz,
    encoder      text NOT NULL DEFAULT '',
    remote_addr  text NOT NULL DEFAULT '',
    last_gop_ms  integer NOT NULL DEFAULT 0
);
CREATE INDEX stream_keys_channel ON stream_keys (channel_id) WHERE revoked_at IS NULL;

-- A key has one current secret (valid_until IS NULL) and, after rotations, older ones.
CREATE TABLE key_secrets (
    id          uuid PRIMARY KEY,
    key_id      uuid NOT NULL REFERENCES stream_keys ON DELETE CASCADE,
    lookup      bytea NOT NULL UNIQUE,
    sealed      bytea NOT NULL,
    valid_until timestamptz
);
CREATE UNIQUE INDEX key_secrets_current ON key_secrets (key_id) WHERE valid_until IS NULL;

CREATE TABLE broadcasts (
    id            uuid PRIMARY KEY,
    channel_id    uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
    state         text NOT NULL CHECK (state IN ('offline', 'starting', 'live', 'reconnecting')),
    epoch         bigint NOT NULL,
    session_id    uuid NOT NULL,
    node_id       text NOT NULL,
    origin_url    text NOT NULL,
    msn_reserved  bigint NOT NULL,
    renditions    jsonb NOT NULL DEFAULT '[]',
    viewers       bigint NOT NULL DEFAULT 0,
    started_at    timestamptz NOT NULL DEFAULT now(),
    live_at       timestamptz,
    grace_until   timestamptz,
    ended_at      timestamptz,
    ended_how     text
);
-- One broadcast per channel at a time.
CREATE UNIQUE INDEX broadcasts_open ON broadcasts (channel_id) WHERE ended_at IS NULL;
CREATE INDEX broadcasts_viewers ON broadcasts (viewers DESC, channel_id) WHERE ended_at IS NULL;

CREATE TABLE sessions (
    id           uuid PRIMARY KEY,
    broadcast_id uuid NOT NULL REFERENCES broadcasts ON DELETE CASCADE,
    key_id       uuid NOT NULL REFERENCES stream_keys ON DELETE CASCADE,
    attempt_id   uuid NOT NULL UNIQUE,
    epoch        bigint NOT NULL,
    node_id      text NOT NULL,
    remote_addr  text NOT NULL,
    encoder      text NOT NULL,
    first_msn    bigint NOT NULL,
    msn_reserved bigint NOT NULL,
    takeover     boolean NOT NULL,
    resumed      boolean NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    ended_how    text,
    UNIQUE (broadcast_id, epoch)
);
CREATE INDEX sessions_key ON sessions (key_id) WHERE ended_at IS NULL;

CREATE TABLE refusals (
    id          uuid PRIMARY KEY,
    channel_id  uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
    key_name    text NOT NULL,
    code        text NOT NULL,
    detail      text NOT NULL,
    remote_addr text NOT NULL,
    attempt_id  uuid UNIQUE,
    at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refusals_channel ON refusals (channel_id, at DESC);

CREATE TABLE outbox (
    seq         bigserial PRIMARY KEY,
    id          uuid NOT NULL,
    type        text NOT NULL,
    subject     uuid NOT NULL,
    payload     jsonb NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now()
);
