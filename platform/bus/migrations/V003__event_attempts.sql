-- How often a consumer has failed at an event that it may still act on; shared by the replicas. Gone when the event was
-- acted on or parked.
CREATE TABLE event_attempts (
  consumer TEXT NOT NULL,
  event_id TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  failed_at BIGINT NOT NULL,
  PRIMARY KEY (consumer, event_id)
);
