-- Who can be addressed: a projection of the user-service's events. Not unique by e-mail: an address may pass from one
-- account to another, and the two events may arrive in either order; the latest one wins.
CREATE TABLE recipients (
  account_id TEXT COLLATE "C" PRIMARY KEY,
  email TEXT,
  email_key TEXT COLLATE "C",
  name TEXT,
  locale TEXT,
  timezone TEXT,
  erased BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL
);
CREATE INDEX recipients_email ON recipients (email_key, updated_at) WHERE email_key IS NOT NULL;

-- The inbox, clustered by whose it is; ids grow with time, so the key's order is also the list's.
CREATE TABLE notifications (
  account_id TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  title TEXT NOT NULL,
  body TEXT,
  link TEXT,
  data TEXT,
  created_at BIGINT NOT NULL,
  read_at BIGINT,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX notifications_unread ON notifications (account_id, id) WHERE read_at IS NULL;
CREATE INDEX notifications_read ON notifications (read_at) WHERE read_at IS NOT NULL;

-- What was accepted for delivery, apart from the inbox: the recipient may delete an item, the sender still sees what became
-- of it. `payload` is kept only while a channel has yet to deliver.
CREATE TABLE dispatches (
  id TEXT COLLATE "C" PRIMARY KEY,
  sender_id TEXT COLLATE "C",
  recipient_id TEXT COLLATE "C" NOT NULL,
  title TEXT NOT NULL,
  payload TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX dispatches_sender ON dispatches (sender_id) WHERE sender_id IS NOT NULL;
CREATE INDEX dispatches_recipient ON dispatches (recipient_id);
CREATE INDEX dispatches_created ON dispatches (created_at);

-- One row per channel. A worker leases a pending row until `lease_until`; a lease that ran out is anyone's.
CREATE TABLE deliveries (
  notification_id TEXT COLLATE "C" NOT NULL REFERENCES dispatches (id) ON DELETE CASCADE,
  channel TEXT NOT NULL CONSTRAINT deliveries_channel CHECK (channel IN ('inbox', 'email', 'webhook', 'push')),
  position BIGINT NOT NULL,
  status TEXT NOT NULL CONSTRAINT deliveries_status CHECK (status IN ('pending', 'delivered', 'failed', 'disabled')),
  attempts BIGINT NOT NULL DEFAULT 0,
  next_attempt_at BIGINT,
  lease_owner TEXT,
  lease_until BIGINT,
  last_error TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (notification_id, channel)
);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status = 'pending';
