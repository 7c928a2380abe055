-- What went wrong in people's browsers: equal errors once. Whose browser it was is not kept, nor what stood behind `?` and `#` in addresses.
CREATE TABLE browser_errors (
    id       uuid PRIMARY KEY,
    -- SHA-256 of what makes two errors equal.
    likeness bytea NOT NULL UNIQUE,
    message  text NOT NULL,
    stack    text NOT NULL,
    -- The path of the page where it was seen first.
    page     text NOT NULL,
    -- `User-Agent` of the browser where it was seen first.
    browser  text NOT NULL,
    count    bigint NOT NULL DEFAULT 1,
    first_at timestamptz NOT NULL DEFAULT now(),
    last_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX browser_errors_last ON browser_errors (last_at);
