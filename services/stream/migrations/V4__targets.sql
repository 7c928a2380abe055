-- What the playlists of a broadcast tell for all its life, whichever node goes on with it.

ALTER TABLE broadcasts
    -- EXT-X-TARGETDURATION and PART-TARGET, as the first node with media of it chose them; 0: none has yet.
    ADD COLUMN target_duration_ms integer NOT NULL DEFAULT 0,
    ADD COLUMN part_target_us integer NOT NULL DEFAULT 0;
