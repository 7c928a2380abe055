-- Accounts, refresh tokens and the outbox of user's facts.
CREATE TABLE users (
    id            uuid PRIMARY KEY,
    username      text NOT NULL CONSTRAINT users_username_key UNIQUE CHECK (username = lower(username)),
    display_name  text NOT NULL,
    -- Only the demo account has none.
    email         text CONSTRAINT users_email_key UNIQUE,
    password_hash text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    suspended_at  timestamptz
);

-- One row a token; a family is one sign-in. Tokens themselves are not stored, only their SHA-256.
CREATE TABLE refresh_tokens (
    token_hash  bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    family      uuid NOT NULL,
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- When the password was proved; kept through rotation.
    auth_time   timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    -- SHA-256 of the token that replaced this one, and when.
    successor   bytea CHECK (length(successor) = 32),
    replaced_at timestamptz,
    user_agent  text,
    last_ip     text,
    CHECK ((successor IS NULL) = (replaced_at IS NULL))
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- Facts not yet on the Redis Stream events:user; a row goes when it is there.
CREATE TABLE outbox (
    position    bigserial PRIMARY KEY,
    id          uuid NOT NULL UNIQUE,
    type        text NOT NULL,
    version     integer NOT NULL,
    subject     text NOT NULL,
    payload     jsonb NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now()
);
