-- The secret of an authenticator app, sealed with the account's id. Not confirmed: made, but no code of it was shown yet; counts for nothing.
CREATE TABLE totp (
    user_id      uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    sealed       bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz,
    -- The newest time step whose code was taken (RFC 6238): that one and all before it are good no more.
    last_step    bigint NOT NULL DEFAULT 0
);

-- Codes on paper, each good once. Not the codes, but HMAC-SHA-256 under a secret that is not in the database.
CREATE TABLE recovery_codes (
    user_id   uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    used_at   timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE passkeys (
    id            uuid PRIMARY KEY,
    user_id       uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
    -- A COSE key (RFC 9052).
    public_key    bytea NOT NULL,
    -- The authenticator's own count of signatures; 0 where it has none.
    sign_count    bigint NOT NULL,
    transports    text[] NOT NULL DEFAULT '{}',
    name          text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_used_at  timestamptz
);
CREATE INDEX passkeys_user ON passkeys (user_id, created_at);

-- What an authenticator is to sign: SHA-256 of the challenge. Good once, by deletion.
CREATE TABLE passkey_challenges (
    challenge_hash bytea PRIMARY KEY CHECK (length(challenge_hash) = 32),
    purpose        text NOT NULL CHECK (purpose IN ('register', 'sign_in')),
    -- Who registers; none for a sign-in, whose passkey says who it is.
    user_id        uuid REFERENCES users ON DELETE CASCADE,
    expires_at     timestamptz NOT NULL
);
CREATE INDEX passkey_challenges_expiry ON passkey_challenges (expires_at);

-- Proofs that wait for a second factor: the password was right. Tokens themselves are not stored, only their SHA-256.
CREATE TABLE second_steps (
    token_hash     bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id        uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- The hash whose password was shown: with another one by now, the proof is worth nothing.
    proved         text NOT NULL,
    -- The sign-in that is to be recent; none: a new one.
    session        uuid,
    -- What a passkey has to sign.
    challenge_hash bytea NOT NULL CHECK (length(challenge_hash) = 32),
    attempts       integer NOT NULL DEFAULT 0,
    expires_at     timestamptz NOT NULL
);
CREATE INDEX second_steps_user ON second_steps (user_id);
CREATE INDEX second_steps_expiry ON second_steps (expires_at);
