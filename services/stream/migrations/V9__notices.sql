-- Who is told when a channel goes live, and where.

-- One row a person who changed something; none: as the columns' defaults say.
CREATE TABLE notice_settings (
    user_id uuid PRIMARY KEY,
    page    boolean NOT NULL DEFAULT true,
    push    boolean NOT NULL DEFAULT true,
    mail    boolean NOT NULL DEFAULT false,
    -- Broadcasts that began until then are no news any more.
    seen_at timestamptz
);
CREATE INDEX notice_settings_mail ON notice_settings (user_id) WHERE mail;

ALTER TABLE follows
    ADD COLUMN notify    boolean NOT NULL DEFAULT true,
    -- When the last mail about this channel was asked for.
    ADD COLUMN mailed_at timestamptz;
CREATE INDEX follows_told ON follows (channel_id, user_id) WHERE unfollowed_at IS NULL AND notify;

-- The latest broadcasts of a channel that were live.
CREATE INDEX broadcasts_were_live ON broadcasts (channel_id, live_at DESC) WHERE live_at IS NOT NULL;

-- Browsers that take Web Push. Where they are reached is a secret of theirs: hashed for look-up, sealed for use.
CREATE TABLE push_subscriptions (
    id      uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    lookup  bytea NOT NULL UNIQUE,
    sealed  bytea NOT NULL,
    name    text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    told_at timestamptz
);
CREATE INDEX push_subscriptions_user ON push_subscriptions (user_id, made_at DESC);

-- How far the telling of a broadcast has come: followers in the order of their ids.
CREATE TABLE live_notices (
    broadcast_id uuid PRIMARY KEY REFERENCES broadcasts ON DELETE CASCADE,
    mail_after   uuid,
    mail_done_at timestamptz,
    push_after   uuid,
    push_done_at timestamptz
);
