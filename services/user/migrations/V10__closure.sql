-- Accounts that go: closed at once, erased when their grace is over.
ALTER TABLE users
    ADD COLUMN closed_at  timestamptz,
    -- Told to its owner at the closing, so another setting later changes nothing of it.
    ADD COLUMN erase_at   timestamptz,
    -- The row stays without anything personal: ids in other tables and logs must not mean somebody else.
    ADD COLUMN deleted_at timestamptz,
    -- When others were last told of it.
    ADD COLUMN deletion_told_at timestamptz;
CREATE INDEX users_to_erase ON users (erase_at) WHERE erase_at IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX users_deleted ON users (deletion_told_at) WHERE deleted_at IS NOT NULL;

-- One more purpose of a link in a mail.
ALTER TABLE email_tokens DROP CONSTRAINT email_tokens_purpose_check;
ALTER TABLE email_tokens ADD CONSTRAINT email_tokens_purpose_check
    CHECK (purpose IN ('verify', 'reset', 'change', 'revert', 'restore'));

-- The log of acts, asked for by act, by who did it, by whom it is about.
CREATE INDEX audit_act ON audit (act, id);
CREATE INDEX audit_actor ON audit (actor_name, id);
CREATE INDEX audit_subject ON audit (subject_name, id);

-- To the other services a closed account is one that may do nothing, as a suspended one.
CREATE OR REPLACE FUNCTION note_changed_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(OLD.suspended_at, OLD.closed_at) IS NULL AND coalesce(NEW.suspended_at, NEW.closed_at) IS NOT NULL THEN
        INSERT INTO outbox (id, type, version, subject, payload)
        VALUES (gen_random_uuid(), 'user.suspended', 1, NEW.id::text,
                jsonb_build_object('username', NEW.username, 'closed', NEW.closed_at IS NOT NULL));
    END IF;
    INSERT INTO outbox (id, type, version, subject, payload)
    VALUES (gen_random_uuid(), 'user.updated', 1, NEW.id::text, jsonb_build_object(
        'username', NEW.username, 'display_name', NEW.display_name,
        'suspended', coalesce(NEW.suspended_at, NEW.closed_at) IS NOT NULL,
        'email_verified', NEW.email_verified_at IS NOT NULL, 'platform_role', NEW.role));
    RETURN NULL;
END $$;

DROP TRIGGER users_changed ON users;
CREATE TRIGGER users_changed AFTER UPDATE ON users FOR EACH ROW
    WHEN ((OLD.username, OLD.display_name, OLD.role, OLD.suspended_at IS NULL, OLD.closed_at IS NULL, OLD.email_verified_at IS NULL)
          IS DISTINCT FROM
          (NEW.username, NEW.display_name, NEW.role, NEW.suspended_at IS NULL, NEW.closed_at IS NULL, NEW.email_verified_at IS NULL))
    EXECUTE FUNCTION note_changed_user();
