-- What a channel's owner sets about broadcasts, and where a session's window was before it.

ALTER TABLE channels
    -- NULL: the service's own.
    ADD COLUMN reconnect_grace_s integer CHECK (reconnect_grace_s BETWEEN 0 AND 1800),
    -- Names of rungs; empty: the node's own.
    ADD COLUMN ladder text[] NOT NULL DEFAULT '{}';

-- The draining node from which this session's node fetches the window; empty: none.
ALTER TABLE sessions
    ADD COLUMN hand_over_url text NOT NULL DEFAULT '',
    ADD COLUMN hand_over_epoch bigint NOT NULL DEFAULT 0;
