-- What an account is on the platform, and since when its address is known to be its own.

ALTER TABLE users
    ADD COLUMN email_verified_at timestamptz,
    ADD COLUMN role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'moderator', 'admin'));

-- Whoever changes an account, by whatever statement: the facts of it are written with the change.
CREATE FUNCTION note_changed_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.suspended_at IS NULL AND NEW.suspended_at IS NOT NULL THEN
        INSERT INTO outbox (id, type, version, subject, payload)
        VALUES (gen_random_uuid(), 'user.suspended', 1, NEW.id::text, jsonb_build_object('username', NEW.username));
    END IF;
    INSERT INTO outbox (id, type, version, subject, payload)
    VALUES (gen_random_uuid(), 'user.updated', 1, NEW.id::text, jsonb_build_object(
        'username', NEW.username, 'display_name', NEW.display_name, 'suspended', NEW.suspended_at IS NOT NULL,
        'email_verified', NEW.email_verified_at IS NOT NULL, 'platform_role', NEW.role));
    RETURN NULL;
END $$;

CREATE TRIGGER users_changed AFTER UPDATE ON users FOR EACH ROW
    WHEN ((OLD.username, OLD.display_name, OLD.role, OLD.suspended_at IS NULL, OLD.email_verified_at IS NULL) IS DISTINCT FROM
          (NEW.username, NEW.display_name, NEW.role, NEW.suspended_at IS NULL, NEW.email_verified_at IS NULL))
    EXECUTE FUNCTION note_changed_user();
