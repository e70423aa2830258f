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
ALTER TABLE deliveries ADD COLUMN target TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN lane TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;
UPDATE deliveries SET due_at = created_at;
ALTER TABLE deliveries DROP CONSTRAINT deliveries_pkey;
ALTER TABLE deliveries ADD PRIMARY KEY (notification_id, channel, target);
ALTER TABLE deliveries DROP CONSTRAINT deliveries_status;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_status
  CHECK (status IN ('scheduled', 'pending', 'delivered', 'failed', 'cancelled', 'disabled'));
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (channel, next_attempt_at, lane) WHERE status = 'pending';
CREATE INDEX deliveries_scheduled ON deliveries (next_attempt_at, notification_id) WHERE status = 'scheduled';
CREATE INDEX deliveries_failed ON deliveries (notification_id, channel, target) WHERE status = 'failed';
