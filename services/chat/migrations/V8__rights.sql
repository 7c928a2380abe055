-- Of which rank whoever made a ban or time-out was: 2 a moderator, 3 the owner, 4 staff. Those below do not take it back.
ALTER TABLE bans ADD COLUMN made_by_rank smallint NOT NULL DEFAULT 2;
-- Whom a report comes down to moderated the room when it was made: it is not for moderators.
ALTER TABLE reports ADD COLUMN about_moderator boolean NOT NULL DEFAULT false;
-- Held messages that were approved and are not known to be said.
CREATE INDEX holds_unsaid ON holds (resolved_at) WHERE state = 'approved' AND message_id IS NULL;
