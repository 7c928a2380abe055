-- Mails to people, each written together with what it tells of and sent afterwards, by one process.
CREATE TABLE mails (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL,
    -- None for a request of a stranger: whether the address has an account is looked up when the mail is due.
    user_id     uuid REFERENCES users ON DELETE SET NULL,
    recipient   text NOT NULL,
    subject     text,
    -- Removed once a mail server has taken it.
    body        text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    given_up_at timestamptz,
    attempts    integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    last_error  text
);
CREATE INDEX mails_due ON mails (next_try_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX mails_age ON mails (created_at);
CREATE INDEX mails_user ON mails (user_id, kind, created_at);

-- Links in mails. Tokens themselves are not stored, only their SHA-256; each is good once.
CREATE TABLE email_tokens (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    purpose    text NOT NULL CHECK (purpose IN ('verify', 'reset', 'change', 'revert')),
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- Where it was sent to; of 'revert': what the account's address becomes again.
    address    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX email_tokens_user ON email_tokens (user_id);
CREATE INDEX email_tokens_expiry ON email_tokens (expires_at);
