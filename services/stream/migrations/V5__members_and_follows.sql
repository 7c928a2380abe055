-- Who helps on a channel, and who follows it.

CREATE TABLE channel_members (
    channel_id uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
    user_id    uuid NOT NULL,
    role       text NOT NULL CHECK (role IN ('moderator', 'vip')),
    added_by   uuid NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel_id, user_id)
);

-- A row stays for a day after its end, so that following again at once is no news.
CREATE TABLE follows (
    user_id       uuid NOT NULL,
    channel_id    uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
    followed_at   timestamptz NOT NULL DEFAULT now(),
    unfollowed_at timestamptz,
    PRIMARY KEY (user_id, channel_id)
);
CREATE INDEX follows_channel ON follows (channel_id, followed_at DESC) WHERE unfollowed_at IS NULL;
CREATE INDEX follows_user ON follows (user_id, followed_at DESC, channel_id DESC) WHERE unfollowed_at IS NULL;
CREATE INDEX follows_ended ON follows (unfollowed_at) WHERE unfollowed_at IS NOT NULL;

-- How many rows of follows the channel has that have not ended, kept in the transactions that change them.
ALTER TABLE channels ADD COLUMN followers bigint NOT NULL DEFAULT 0;
