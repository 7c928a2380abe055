-- Programs that a channel's owner lets into its room. Revoked ones stay for a while: the audit log names them.
CREATE TABLE bots (
    -- Whose it is in messages and acts; no user has it.
    id           uuid PRIMARY KEY,
    room_id      uuid NOT NULL,
    name         text NOT NULL,
    scopes       text[] NOT NULL,
    -- SHA-256 of the token, which is 160 random bits: nothing slower is needed.
    token_hash   bytea NOT NULL UNIQUE,
    made_by      uuid NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE UNIQUE INDEX bots_name ON bots (room_id, name) WHERE revoked_at IS NULL;
CREATE INDEX bots_revoked ON bots (room_id, revoked_at) WHERE revoked_at IS NOT NULL;
