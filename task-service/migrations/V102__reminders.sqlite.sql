-- When the people who see a task are told that it is due soon; nothing once they have been.
ALTER TABLE tasks ADD COLUMN due_soon_at BIGINT;
CREATE INDEX tasks_due_soon ON tasks (due_soon_at)
  WHERE due_soon_at IS NOT NULL AND trashed_at IS NULL AND status < 2;

-- at_text … time_text are as their author wrote them. remind_at is what they come to, next_at the same while it is armed,
-- fired_for the remind_at that it last fired for. follows_zone: the zone of the account has a part in remind_at.
CREATE TABLE reminders (
  id TEXT NOT NULL PRIMARY KEY,
  task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  at_text TEXT,
  timezone TEXT,
  before_text TEXT,
  time_text TEXT,
  follows_zone BIGINT NOT NULL CHECK (follows_zone IN (0, 1)),
  snoozed_until BIGINT,
  remind_at BIGINT,
  next_at BIGINT,
  fired_for BIGINT,
  fired_at BIGINT,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX reminders_by_task ON reminders (task_id, account_id, id);
CREATE INDEX reminders_armed ON reminders (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX reminders_following_zone ON reminders (account_id) WHERE follows_zone = 1;

-- Accounts' time zones as last heard of.
CREATE TABLE account_zones (
  account_id TEXT NOT NULL PRIMARY KEY,
  timezone TEXT NOT NULL,
  learnt_at BIGINT NOT NULL
) WITHOUT ROWID;
