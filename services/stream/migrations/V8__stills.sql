-- Stills of the live picture: the number of the newest one that the broadcast's node has told; 0: none yet.

ALTER TABLE broadcasts ADD COLUMN still bigint NOT NULL DEFAULT 0;
