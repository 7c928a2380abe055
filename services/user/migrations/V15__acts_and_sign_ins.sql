-- What the clean-up of acts looks for, so that it never reads the whole log.
CREATE INDEX audit_age ON audit (at);

-- The sign-ins of an account that go on: their list, and what a new one beyond the most ends. Each renewal leaves a token with a successor for as
-- long as that lives, a hundred a day; `refresh_tokens_user` leads to all of them.
CREATE INDEX refresh_tokens_going_on ON refresh_tokens (user_id, created_at) WHERE successor IS NULL;
