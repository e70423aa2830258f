-- What a notification is about ("reminder", "security", …): rules and preferences go by it.
ALTER TABLE notifications ADD COLUMN kind TEXT NOT NULL DEFAULT 'direct';
ALTER TABLE dispatches ADD COLUMN kind TEXT NOT NULL DEFAULT 'direct';
-- When the inbox and the channels get it, if that is later than its acceptance.
ALTER TABLE dispatches ADD COLUMN send_at BIGINT;

-- Why the address of the account refuses mail for good; cleared when the address changes.
ALTER TABLE recipients ADD COLUMN email_refused TEXT;

-- A queue by channel. `target` tells several endpoints of one channel apart, `lane` is what must not hold up its
-- neighbours (the endpoint, or else the account). `due_at` is when it was first to be delivered: the deadline counts
-- from there. A lease moves `next_attempt_at` to its end, so one that ran out is due again by itself.
CREATE TABLE deliveries_v102 (
  notification_id TEXT NOT NULL REFERENCES dispatches (id) ON DELETE CASCADE,
  channel TEXT NOT NULL CONSTRAINT deliveries_channel CHECK (channel IN ('inbox', 'email', 'webhook', 'push')),
  target TEXT NOT NULL DEFAULT '',
  lane TEXT NOT NULL DEFAULT '',
  position BIGINT NOT NULL,
  status TEXT NOT NULL CONSTRAINT deliveries_status
    CHECK (status IN ('scheduled', 'pending', 'delivered', 'failed', 'cancelled', 'disabled')),
  attempts BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL DEFAULT 0,
  next_attempt_at BIGINT,
  lease_owner TEXT,
  lease_until BIGINT,
  last_error TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (notification_id, channel, target)
) WITHOUT ROWID;
INSERT INTO deliveries_v102 (notification_id, channel, position, status, attempts, due_at, next_attempt_at, lease_owner,
  lease_until, last_error, created_at, updated_at)
SELECT notification_id, channel, position, status, attempts, created_at, next_attempt_at, lease_owner, lease_until,
  last_error, created_at, updated_at FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_v102 RENAME TO deliveries;
CREATE INDEX deliveries_due ON deliveries (channel, next_attempt_at, lane) WHERE status = 'pending';
CREATE INDEX deliveries_scheduled ON deliveries (next_attempt_at, notification_id) WHERE status = 'scheduled';
CREATE INDEX deliveries_failed ON deliveries (notification_id, channel, target) WHERE status = 'failed';
