-- Events on their way out. AUTOINCREMENT: a position is never used twice, so that deleting what was read long ago can
-- never hit a newer row.
CREATE TABLE outbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  source TEXT NOT NULL,
  subject TEXT NOT NULL,
  time BIGINT NOT NULL,
  data TEXT NOT NULL,
  traceparent TEXT NOT NULL
);

-- Which of the replicas' relays has its turn.
CREATE TABLE relay_lease (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  expires_at BIGINT NOT NULL
) WITHOUT ROWID;

-- What each consumer has acted on. Ids are UUIDv7: a range of them is a range of time.
CREATE TABLE consumed_events (
  consumer TEXT NOT NULL,
  event_id TEXT NOT NULL,
  consumed_at BIGINT NOT NULL,
  PRIMARY KEY (consumer, event_id)
) WITHOUT ROWID;

-- What a consumer failed at again and again.
CREATE TABLE parked_events (
  consumer TEXT NOT NULL,
  event_id TEXT NOT NULL,
  envelope TEXT NOT NULL,
  error TEXT NOT NULL,
  parked_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  PRIMARY KEY (consumer, event_id)
) WITHOUT ROWID;
