-- Since when a sign-in lasts; rotation keeps it.
ALTER TABLE refresh_tokens ADD COLUMN started_at timestamptz NOT NULL DEFAULT now();
UPDATE refresh_tokens t SET started_at = (SELECT min(created_at) FROM refresh_tokens f WHERE f.family = t.family);

-- Access tokens signed before this moment are void: a password was changed, a sign-in was ended from afar.
ALTER TABLE users ADD COLUMN tokens_void_before timestamptz;

CREATE FUNCTION note_void_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (id, type, version, subject, payload)
    VALUES (gen_random_uuid(), 'user.tokens_voided', 1, NEW.id::text,
            jsonb_build_object('before', extract(epoch FROM NEW.tokens_void_before)::bigint));
    RETURN NULL;
END $$;

CREATE TRIGGER users_tokens_voided AFTER UPDATE OF tokens_void_before ON users FOR EACH ROW
    WHEN (OLD.tokens_void_before IS DISTINCT FROM NEW.tokens_void_before AND NEW.tokens_void_before IS NOT NULL)
    EXECUTE FUNCTION note_void_tokens();

-- Browsers that signed in to an account: what is new is told to its owner, and what is known is not slowed down.
CREATE TABLE browsers (
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the browser's cookie.
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    device     text NOT NULL,
    network    text NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, token_hash)
);
CREATE INDEX browsers_age ON browsers (seen_at);
