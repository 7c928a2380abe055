ALTER TABLE users ADD COLUMN suspension_reason text;

-- Every privileged act. Names are kept as they were; a row outlives whom it is about.
CREATE TABLE audit (
    id           uuid PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT now(),
    actor_id     uuid NOT NULL,
    actor_name   text NOT NULL,
    act          text NOT NULL,
    subject_id   uuid,
    subject_name text,
    detail       jsonb NOT NULL DEFAULT '{}'
);
