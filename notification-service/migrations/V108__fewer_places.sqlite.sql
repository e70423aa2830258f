-- Each change of a task was written to five places of this database that nothing else was near: the agenda and its index by
-- project, and the stream's index, lie by account or project, and every account's are pages of their own. They follow time now.
CREATE TABLE agenda_v108 (
  task_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  project_id TEXT,
  title TEXT NOT NULL,
  due TEXT,
  due_at BIGINT NOT NULL,
  hidden BIGINT NOT NULL DEFAULT 0,  -- its project is in the trash
  PRIMARY KEY (task_id, account_id)
) WITHOUT ROWID;
INSERT INTO agenda_v108 (task_id, account_id, project_id, title, due, due_at, hidden)
SELECT task_id, account_id, project_id, title, due, due_at, hidden FROM agenda ORDER BY task_id, account_id;
DROP TABLE agenda;
ALTER TABLE agenda_v108 RENAME TO agenda;
CREATE INDEX agenda_due ON agenda (account_id, due_at);

-- By blocks of 1,024 positions and by account within each: who resumes a stream looks into the blocks since.
DROP INDEX stream_events_account;
CREATE INDEX stream_events_account ON stream_events (position / 1024, account_id, position);
