-- Wrong second factors after a right password, of sign-ins that did not come about; at some number the owner is told once.
CREATE TABLE wrong_second_factors (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    count   integer NOT NULL,
    since   timestamptz NOT NULL DEFAULT now()
);
