-- Profiles, categories, schedules, and what the directory searches by.

-- Trusted since PostgreSQL 13: a database's owner may make it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE categories (
    id          uuid PRIMARY KEY,
    slug        text NOT NULL UNIQUE,
    name        text NOT NULL,
    -- The name as look-alikes fold: two that look the same have one.
    name_key    text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    -- File in storage; NULL: the page draws one.
    picture     text,
    created_at  timestamptz NOT NULL DEFAULT now()
);
-- Slugs that a category had, or one that was merged into it.
CREATE TABLE former_slugs (
    slug        text PRIMARY KEY,
    category_id uuid NOT NULL REFERENCES categories ON DELETE CASCADE
);
CREATE INDEX former_slugs_category ON former_slugs (category_id);

-- What admins did to categories.
CREATE TABLE category_acts (
    id         uuid PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    actor_id   uuid NOT NULL,
    actor_name text NOT NULL,
    act        text NOT NULL,
    slug       text NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}'
);

-- What a start of the service put in once.
CREATE TABLE seeds (
    name text PRIMARY KEY,
    at   timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE channels
    -- `category` keeps its name, or a text that is no category's.
    ADD COLUMN category_id uuid REFERENCES categories ON DELETE SET NULL,
    -- The tags as they are compared.
    ADD COLUMN tag_keys text[] NOT NULL DEFAULT '{}',
    -- BCP 47; empty: not said.
    ADD COLUMN language text NOT NULL DEFAULT '',
    ADD COLUMN mature boolean NOT NULL DEFAULT false,
    ADD COLUMN bio text NOT NULL DEFAULT '',
    -- [{title, url}]
    ADD COLUMN links jsonb NOT NULL DEFAULT '[]',
    -- [{title, text, url, picture}]
    ADD COLUMN panels jsonb NOT NULL DEFAULT '[]',
    -- Files in storage.
    ADD COLUMN avatar text,
    ADD COLUMN banner text,
    -- Names, title, tags and category, folded by the service.
    ADD COLUMN search text NOT NULL DEFAULT '',
    ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC';

UPDATE channels SET
    search = lower(translate(concat_ws(' ', username, display_name, title, array_to_string(tags, ' '), category), '_-.,', '    ')),
    tag_keys = (SELECT coalesce(array_agg(DISTINCT lower(t)), '{}') FROM unnest(tags) t);

CREATE INDEX channels_search ON channels USING gin (search gin_trgm_ops);
CREATE INDEX channels_username_prefix ON channels (username text_pattern_ops);
CREATE INDEX channels_tags ON channels USING gin (tag_keys);
CREATE INDEX channels_category ON channels (category_id, id);
CREATE INDEX channels_category_text ON channels (lower(category), id);
CREATE INDEX channels_language ON channels (language, id);

-- Pictures of a profile. The bytes are in storage by their hash; channels may share them.
CREATE TABLE channel_pictures (
    channel_id uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
    -- `{hash}.{extension}`
    file       text NOT NULL,
    width      integer NOT NULL,
    height     integer NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel_id, file)
);
CREATE INDEX channel_pictures_file ON channel_pictures (file);
CREATE INDEX channel_pictures_age ON channel_pictures (added_at);

CREATE TABLE schedule_entries (
    id         uuid PRIMARY KEY,
    channel_id uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
    title      text NOT NULL,
    category   text NOT NULL DEFAULT '',
    -- On the clocks of the channel's time zone.
    starts_at  timestamp NOT NULL,
    minutes    integer NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
    weekly     boolean NOT NULL
);
CREATE INDEX schedule_entries_channel ON schedule_entries (channel_id);

-- The order that a cursor of the directory goes on in, by its own hash.
CREATE TABLE listings (
    id       text PRIMARY KEY,
    channels uuid[] NOT NULL,
    used_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX listings_used ON listings (used_at);
