-- Pictures that were uploaded for a category and that none shows yet: what was broken off there is found by them.
CREATE TABLE cover_uploads (
    file     text PRIMARY KEY,
    added_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cover_uploads_by_age ON cover_uploads (added_at);
