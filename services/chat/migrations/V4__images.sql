-- Emotes of channels and images of messages: what they are and whose. Their bytes are in object storage, by `image` and by `id`.
CREATE TABLE emotes (
    room_id    uuid NOT NULL,
    name       text NOT NULL,
    -- 32 hex digits of the SHA-256 of the bytes: the same picture is kept once, whoever has it.
    image      text NOT NULL,
    width      int NOT NULL,
    height     int NOT NULL,
    animated   boolean NOT NULL,
    actor_id   uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (room_id, name)
);
CREATE INDEX emotes_by_image ON emotes (image);
CREATE TABLE images (
    id           uuid PRIMARY KEY,
    room_id      uuid NOT NULL,
    user_id      uuid NOT NULL,
    content_type text NOT NULL,
    width        int NOT NULL,
    height       int NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- When a message took it, under which nonce, and which message that became.
    used_at      timestamptz,
    nonce        text NOT NULL DEFAULT '',
    message_id   text,
    -- Its message waits for a moderator.
    held         boolean NOT NULL DEFAULT false,
    -- Not to be seen any more; the bytes go with the next sweep.
    gone_at      timestamptz
);
CREATE INDEX images_by_message ON images (room_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX images_by_user ON images (user_id, room_id);
CREATE INDEX images_by_time ON images (created_at);
CREATE INDEX images_gone ON images (gone_at) WHERE gone_at IS NOT NULL;
