-- Bans with an end are time-outs; what moderators note; what can be undone; settings with a number that grows with each change.
ALTER TABLE bans
    ADD COLUMN note     text NOT NULL DEFAULT '',
    -- The act that made it: undoing an older act must not lift a newer ban.
    ADD COLUMN audit_id bigint;
CREATE INDEX bans_by_room ON bans (room_id, created_at DESC, user_id);
ALTER TABLE room_settings ADD COLUMN version bigint NOT NULL DEFAULT 0;
ALTER TABLE audit
    -- Whom it was done to, where it was a person.
    ADD COLUMN user_id   uuid,
    ADD COLUMN note      text NOT NULL DEFAULT '',
    ADD COLUMN until     timestamptz,
    -- What an undo needs, and what moderators see of it: fields of the settings before and after, an old role.
    ADD COLUMN detail    jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN undone_at timestamptz,
    ADD COLUMN undone_by uuid;
CREATE INDEX audit_by_user ON audit (room_id, user_id, id DESC) WHERE user_id IS NOT NULL;
