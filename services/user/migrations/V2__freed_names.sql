-- A freed name rests: whoever frees it, by whatever statement, it is noted here.
CREATE TABLE freed_names (
    username text PRIMARY KEY,
    freed_at timestamptz NOT NULL
);

CREATE FUNCTION note_freed_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO freed_names (username, freed_at) VALUES (OLD.username, now())
    ON CONFLICT (username) DO UPDATE SET freed_at = excluded.freed_at;
    RETURN NULL;
END $$;

CREATE TRIGGER users_deleted AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION note_freed_name();
CREATE TRIGGER users_renamed AFTER UPDATE OF username ON users FOR EACH ROW
    WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION note_freed_name();
