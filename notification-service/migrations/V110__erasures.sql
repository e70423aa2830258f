-- Accounts of which something is left to erase: what belonged to them goes in pieces, so that no writer waits for all of it.
CREATE TABLE erasures (account_id TEXT NOT NULL PRIMARY KEY);
