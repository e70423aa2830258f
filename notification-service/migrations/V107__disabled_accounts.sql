-- Whether the account may be used, by the latest event of it: nothing is told to one that may not, or sent anywhere for it.
ALTER TABLE recipients ADD COLUMN disabled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE recipients ADD COLUMN disabled_as_of BIGINT NOT NULL DEFAULT 0;
