-- What people choose. `choices` has words ("reminder:email=0") for what differs from the defaults by choice; ids of muted
-- projects are separated by spaces. Minutes count from midnight, weekdays from 1 (Monday).
CREATE TABLE preferences (
  account_id TEXT COLLATE "C" PRIMARY KEY,
  choices TEXT NOT NULL,
  quiet_from BIGINT,
  quiet_to BIGINT,
  digest_daily BIGINT NOT NULL,
  digest_weekly BIGINT NOT NULL,
  digest_weekday BIGINT NOT NULL,
  digest_minute BIGINT NOT NULL,
  muted_projects TEXT NOT NULL,
  version BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- The mail of each account and kind that is still gathering: `lines` has the titles of its first changes, `members` counts
-- all. Whether it still takes any is up to its delivery.
CREATE TABLE gatherings (
  account_id TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL,
  notification_id TEXT COLLATE "C" NOT NULL,
  members BIGINT NOT NULL,
  lines TEXT NOT NULL,
  PRIMARY KEY (account_id, kind)
);

-- Open tasks with a deadline by who sees them: a projection of the task-service's events.
CREATE TABLE agenda (
  account_id TEXT COLLATE "C" NOT NULL,
  task_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C",
  title TEXT NOT NULL,
  due TEXT,
  due_at BIGINT NOT NULL,
  hidden BIGINT NOT NULL DEFAULT 0,  -- its project is in the trash
  PRIMARY KEY (account_id, task_id)
);
CREATE INDEX agenda_due ON agenda (account_id, due_at) WHERE hidden = 0;
CREATE INDEX agenda_task ON agenda (task_id);
CREATE INDEX agenda_project ON agenda (project_id) WHERE project_id IS NOT NULL;

-- When each account's next digest is due; days count from 1970 where the account lives. Times in the past are given their
-- next one by the first run.
CREATE TABLE digests (
  account_id TEXT COLLATE "C" PRIMARY KEY,
  next_at BIGINT,
  next_day BIGINT,
  last_day BIGINT
);
CREATE INDEX digests_next ON digests (next_at) WHERE next_at IS NOT NULL;
INSERT INTO digests (account_id, next_at, next_day) SELECT account_id, 0, 0 FROM recipients WHERE erased = 0;

-- `reached` is the last account that has been told; all up to the announcement's own id are.
CREATE TABLE announcements (
  id TEXT COLLATE "C" PRIMARY KEY,
  title TEXT NOT NULL,
  body TEXT,
  link TEXT,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  status TEXT NOT NULL CONSTRAINT announcements_status CHECK (status IN ('sending', 'sent', 'cancelled')),
  reached TEXT COLLATE "C" NOT NULL DEFAULT '',
  told BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL
);
CREATE INDEX announcements_sending ON announcements (id) WHERE status = 'sending';

-- Made here, so that all replicas have the same.
CREATE TABLE service_secrets (
  name TEXT PRIMARY KEY,
  secret TEXT NOT NULL
);
INSERT INTO service_secrets (name, secret) VALUES ('unsubscribe', replace(CAST(gen_random_uuid() AS TEXT) || CAST(gen_random_uuid() AS TEXT), '-', ''));
