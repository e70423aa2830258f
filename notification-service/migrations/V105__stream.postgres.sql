-- What live streams tell, one row per person and change, written in the transaction of the change. Positions are given before
-- the commit and may become visible in another order, so a row is read in the order of (xact, position), and only when every
-- transaction that could still come before it has ended: xact below the oldest that runs. What is read then is complete.
CREATE TABLE stream_events (
  xact BIGINT NOT NULL DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT),
  position BIGINT GENERATED ALWAYS AS IDENTITY,
  account_id TEXT COLLATE "C" NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (xact, position)
);
CREATE INDEX stream_events_account ON stream_events (account_id, xact, position);

-- The last row that retention has taken: who saw less has missed something.
CREATE TABLE stream_edge (
  name TEXT NOT NULL PRIMARY KEY,
  xact BIGINT NOT NULL,
  position BIGINT NOT NULL
);
INSERT INTO stream_edge (name, xact, position) VALUES ('taken', 0, 0);
