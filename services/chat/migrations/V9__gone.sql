-- Deleted text is gone, evidence is kept.

-- Which event of the room's log made it so: of two changes at once the later one counts. Without a message nothing is pinned any more.
ALTER TABLE pins ADD COLUMN event_id text NOT NULL DEFAULT '';
ALTER TABLE pins ALTER COLUMN message_id DROP NOT NULL;
UPDATE pins SET event_id = coalesce(substring(frame FROM '"id":"([0-9a-f]{18})"'), '');

CREATE INDEX recordings_room ON recordings (room_id);
-- Images that an open report is about.
CREATE INDEX reports_images ON reports ((evidence #>> '{image,id}')) WHERE state = 'open';
