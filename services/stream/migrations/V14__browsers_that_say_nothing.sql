-- Browsers whose push services say nothing are told after all others, rest for longer and longer, and are forgotten in the end.
ALTER TABLE push_subscriptions
    -- Since when all that was sent was taken; NULL: nothing was yet, or the last was not.
    ADD COLUMN proved_at timestamptz,
    -- What was not taken since something was, and since when; until then nothing is sent.
    ADD COLUMN failures integer NOT NULL DEFAULT 0,
    ADD COLUMN failing_since timestamptz,
    ADD COLUMN rests_until timestamptz;
UPDATE push_subscriptions SET proved_at = told_at;

-- The second walk over a broadcast's followers, to the browsers that are not proved.
ALTER TABLE live_notices
    ADD COLUMN unproved_after uuid,
    ADD COLUMN unproved_done_at timestamptz;
UPDATE live_notices SET unproved_done_at = push_done_at;
