-- What a broadcast was: its text at the end, its counts, and its minutes.

ALTER TABLE channels
    -- Whether others see its past broadcasts.
    ADD COLUMN show_broadcasts boolean NOT NULL DEFAULT true;

ALTER TABLE broadcasts
    -- As the channel was at the end.
    ADD COLUMN title text NOT NULL DEFAULT '',
    ADD COLUMN category text NOT NULL DEFAULT '',
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    -- What the end has not told is for nobody.
    ADD COLUMN visibility text NOT NULL DEFAULT 'private',
    -- Sums over the minutes of broadcast_minutes, which may be gone already.
    ADD COLUMN peak_viewers bigint NOT NULL DEFAULT 0,
    ADD COLUMN unique_viewers bigint NOT NULL DEFAULT 0,
    ADD COLUMN watch_s double precision NOT NULL DEFAULT 0,
    -- Seconds in which viewers were counted.
    ADD COLUMN counted_s double precision NOT NULL DEFAULT 0,
    ADD COLUMN messages bigint NOT NULL DEFAULT 0,
    -- The last minute (of Unix time) that is in these sums; each is added once.
    ADD COLUMN counted_minute integer,
    -- Minutes that one row of broadcast_minutes stands for.
    ADD COLUMN minute_span integer NOT NULL DEFAULT 1,
    -- Nothing will be added any more.
    ADD COLUMN counted boolean NOT NULL DEFAULT false;

-- Of what ended before nothing was counted.
UPDATE broadcasts b SET counted = true, visibility = c.visibility FROM channels c WHERE c.id = b.channel_id AND b.ended_at IS NOT NULL;

CREATE INDEX broadcasts_uncounted ON broadcasts (id) WHERE NOT counted;
CREATE INDEX broadcasts_past ON broadcasts (channel_id, id DESC) WHERE live_at IS NOT NULL;

-- Sums, so that rows can be put together.
CREATE TABLE broadcast_minutes (
    broadcast_id     uuid NOT NULL REFERENCES broadcasts ON DELETE CASCADE,
    -- Of Unix time; a multiple of the broadcast's minute_span.
    minute           integer NOT NULL,
    -- Seconds in which viewers were counted, and how long all of them watched in these.
    counted_s        double precision NOT NULL,
    watch_s          double precision NOT NULL,
    peak_viewers     bigint NOT NULL,
    messages         bigint NOT NULL,
    -- How often health was looked at while media came, and the sums of what was seen.
    looks            integer NOT NULL,
    bitrate_bps      double precision NOT NULL,
    fps              double precision NOT NULL,
    -- The worst.
    jitter_ms        integer NOT NULL,
    lag_ms           integer NOT NULL,
    frames_dropped   bigint NOT NULL,
    reconnects       integer NOT NULL,
    PRIMARY KEY (broadcast_id, minute)
);
