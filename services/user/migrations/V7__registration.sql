-- Registrations that wait for the link in their mail (registration.confirm_email_first): no account yet, and no name taken.
CREATE TABLE pending_accounts (
    token_hash      bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    username        text NOT NULL,
    display_name    text NOT NULL,
    email           text NOT NULL,
    password_hash   text NOT NULL,
    invitation_hash bytea,
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL
);
CREATE INDEX pending_accounts_expiry ON pending_accounts (expires_at);

-- Invitations: each is good for one registration. Codes themselves are not stored, only their SHA-256.
CREATE TABLE invitations (
    id         uuid PRIMARY KEY,
    code_hash  bytea NOT NULL UNIQUE CHECK (length(code_hash) = 32),
    note       text,
    created_by uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_by    uuid REFERENCES users ON DELETE SET NULL,
    used_at    timestamptz
);
CREATE INDEX invitations_expiry ON invitations (expires_at);
