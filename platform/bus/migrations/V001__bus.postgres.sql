-- Events on their way out. Positions are given before the commit, so a smaller one may appear after a larger one; whoever
-- deletes names exactly the rows that were read.
CREATE TABLE outbox (
  position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
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
);

-- What each consumer has acted on. Ids are UUIDv7: a range of them is a range of time.
CREATE TABLE consumed_events (
  consumer TEXT NOT NULL,
  event_id TEXT NOT NULL,
  consumed_at BIGINT NOT NULL,
  PRIMARY KEY (consumer, event_id)
);

-- What a consumer failed at again and again.
CREATE TABLE parked_events (
  consumer TEXT NOT NULL,
  event_id TEXT NOT NULL,
  envelope TEXT NOT NULL,
  error TEXT NOT NULL,
  parked_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  PRIMARY KEY (consumer, event_id)
);
