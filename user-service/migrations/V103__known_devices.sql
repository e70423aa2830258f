-- From which devices an account was signed in to, so that its owner can be told of a new one. Only a mark of each: see
-- domain/device.hpp. An account without any learns its first in silence: that is its registration, or an account older
-- than this table.
CREATE TABLE known_devices (
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  mark TEXT NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, mark)
);
CREATE INDEX known_devices_seen ON known_devices (seen_at);
