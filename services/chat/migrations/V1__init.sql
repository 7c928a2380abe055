-- Bans, settings and the audit log of chat rooms. The log itself lives in Redis.
CREATE TABLE bans (
    room_id    uuid NOT NULL,
    user_id    uuid NOT NULL,
    actor_id   uuid NOT NULL,
    reason     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    PRIMARY KEY (room_id, user_id)
);
CREATE TABLE room_settings (
    room_id    uuid PRIMARY KEY,
    settings   jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE audit (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id  uuid NOT NULL,
    actor_id uuid NOT NULL,
    action   text NOT NULL,
    target   text NOT NULL,
    reason   text NOT NULL DEFAULT '',
    at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_by_room ON audit (room_id, id DESC);
