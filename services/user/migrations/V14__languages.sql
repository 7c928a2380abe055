-- In which language people are written to: a tag (BCP 47) of those that the platform speaks, none where nobody said. What a newer version
-- speaks and an older one does not is read as none, so there is no list of them here.
ALTER TABLE users ADD COLUMN language text CHECK (length(language) <= 35);
ALTER TABLE pending_accounts ADD COLUMN language text CHECK (length(language) <= 35);
-- Of a mail that is written when it is due: of whoever asked for it.
ALTER TABLE mails ADD COLUMN language text CHECK (length(language) <= 35);
