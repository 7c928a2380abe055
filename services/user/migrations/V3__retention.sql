-- What the clean-up looks for, so that it never reads a whole table.

CREATE INDEX freed_names_at ON freed_names (freed_at);
