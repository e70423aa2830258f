-- The agenda follows time: by account and by project, each change of a task met pages that nothing else was near.
ALTER TABLE agenda DROP CONSTRAINT agenda_pkey, ADD PRIMARY KEY (task_id, account_id);
DROP INDEX agenda_task, agenda_project, agenda_due;
CREATE INDEX agenda_due ON agenda (account_id, due_at);
