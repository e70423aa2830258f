-- What live streams tell, one row per person and change, written in the transaction of the change. AUTOINCREMENT: a position
-- is never given twice. One writer commits one transaction after the other, so positions appear in their order.
CREATE TABLE stream_events (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id TEXT NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX stream_events_account ON stream_events (account_id, position);

-- The last row that retention has taken: who saw less has missed something.
CREATE TABLE stream_edge (
  name TEXT NOT NULL PRIMARY KEY,
  xact BIGINT NOT NULL,
  position BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO stream_edge (name, xact, position) VALUES ('taken', 0, 0);
