-- Broadcasts that only the channel's owner and team see, and places that they marked.
ALTER TABLE channels
    -- Whether the next broadcast is a test.
    ADD COLUMN test_mode boolean NOT NULL DEFAULT false;
ALTER TABLE broadcasts
    -- Fixed at the start, until it goes live.
    ADD COLUMN test boolean NOT NULL DEFAULT false,
    -- When a test became this broadcast.
    ADD COLUMN went_live_at timestamptz,
    -- Stills up to this number are the test's from which it went live; nobody is shown them any more.
    ADD COLUMN still_floor bigint NOT NULL DEFAULT 0;

CREATE TABLE markers (
    id uuid PRIMARY KEY,
    broadcast_id uuid NOT NULL REFERENCES broadcasts (id) ON DELETE CASCADE,
    -- Where in the broadcast, by the clock.
    at timestamptz NOT NULL,
    label text NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX markers_broadcast_at ON markers (broadcast_id, at, id);
CREATE INDEX markers_made_by ON markers (made_by);
