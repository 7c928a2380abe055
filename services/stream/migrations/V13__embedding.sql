-- Whose pages may have the channel's player in a frame: 'everywhere', 'sites' (those of `embed_sites`, as origins), 'nowhere'.

ALTER TABLE channels
    ADD COLUMN embedding text NOT NULL DEFAULT 'everywhere',
    ADD COLUMN embed_sites text[] NOT NULL DEFAULT '{}';
