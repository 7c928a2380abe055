-- Mails that go to many: they wait for those that somebody waits for, are worth something for a while only, and can be stopped by a link.
ALTER TABLE mails
    ADD COLUMN bulk boolean NOT NULL DEFAULT false,
    -- What it tells of: nobody gets two mails about one thing.
    ADD COLUMN about uuid,
    -- Switches such mails off without a sign-in (RFC 8058). Removed with the body.
    ADD COLUMN stop_url text;

DROP INDEX mails_due;
CREATE INDEX mails_due ON mails (bulk, next_try_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE UNIQUE INDEX mails_about ON mails (about, user_id) WHERE about IS NOT NULL;
