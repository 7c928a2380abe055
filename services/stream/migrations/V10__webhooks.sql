-- Webhooks of channels, and what was delivered to them.

CREATE TABLE webhooks (
    id            uuid PRIMARY KEY,
    channel_id    uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
    name          text NOT NULL,
    url           text NOT NULL,
    events        text[] NOT NULL,
    enabled       boolean NOT NULL DEFAULT true,
    -- What signs, sealed under the row's id; and what signs beside it until then, after a rotation.
    secret        bytea NOT NULL,
    former_secret bytea,
    former_until  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    -- When the service itself switched it off, and why: gone, failing.
    off_at        timestamptz,
    off_because   text,
    -- Attempts that failed since one did not, and since when.
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    -- Events that found too many waiting.
    dropped       bigint NOT NULL DEFAULT 0,
    -- When its next delivery is due; NULL: none waits.
    due_at        timestamptz,
    -- Until then nothing is sent after failures, and whoever sends at the moment has it alone.
    paused_until  timestamptz,
    leased_until  timestamptz
);
CREATE INDEX webhooks_channel ON webhooks (channel_id);
CREATE INDEX webhooks_due ON webhooks (due_at) WHERE enabled AND due_at IS NOT NULL;

CREATE TABLE deliveries (
    id          uuid PRIMARY KEY,
    webhook_id  uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    type        text NOT NULL,
    -- The bytes that are signed and sent, the same each time.
    body        text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed', 'cancelled')),
    -- Attempts ever, and failed ones since it was last put in line.
    attempts    integer NOT NULL DEFAULT 0,
    tries       integer NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX deliveries_waiting ON deliveries (webhook_id, due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id);
CREATE INDEX deliveries_age ON deliveries (finished_at) WHERE state <> 'waiting';

-- One row for each time that something was sent, written before it is.
CREATE TABLE delivery_attempts (
    delivery_id uuid NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    number      integer NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    -- NULL: what became of it was not noted.
    duration_ms integer,
    -- NULL: no answer.
    status      integer,
    error       text,
    -- The first KiB of the answer.
    answer      text,
    PRIMARY KEY (delivery_id, number)
);
