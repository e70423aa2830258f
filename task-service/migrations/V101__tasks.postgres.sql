-- Times are milliseconds since 1970 UTC. status: 0 todo, 1 in_progress, 2 done, 3 cancelled. priority: 0 none, 1 low,
-- 2 medium, 3 high, 4 urgent. Who may see or change what is said by project_members and nothing else; space_id, the home
-- account of a project, only decides where rows lie. Keys are compared byte by byte, whatever the database's collation.

CREATE TABLE projects (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  space_id TEXT COLLATE "C" NOT NULL,
  is_inbox BIGINT NOT NULL CHECK (is_inbox IN (0, 1)),
  name TEXT NOT NULL,
  name_key TEXT COLLATE "C" NOT NULL,
  description TEXT NOT NULL,
  color TEXT,
  archived BIGINT NOT NULL CHECK (archived IN (0, 1)),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  created_by TEXT COLLATE "C" NOT NULL,
  trashed_at BIGINT,
  version BIGINT NOT NULL
);
CREATE INDEX projects_by_space ON projects (space_id);
CREATE INDEX projects_in_trash ON projects (trashed_at) WHERE trashed_at IS NOT NULL;

-- archived repeats the project's, so that the list of all tasks need not look at projects.
CREATE TABLE project_members (
  account_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
  position BIGINT NOT NULL,
  archived BIGINT NOT NULL CHECK (archived IN (0, 1)),
  PRIMARY KEY (account_id, project_id)
);
CREATE INDEX project_members_by_project ON project_members (project_id);

CREATE TABLE tasks (
  space_id TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  project_id TEXT COLLATE "C" NOT NULL REFERENCES projects (id),
  title TEXT NOT NULL,
  title_key TEXT COLLATE "C" NOT NULL,
  description TEXT NOT NULL,
  status BIGINT NOT NULL CHECK (status BETWEEN 0 AND 3),
  priority BIGINT NOT NULL CHECK (priority BETWEEN 0 AND 4),
  due TEXT,
  due_at BIGINT,
  timezone TEXT,
  labels TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  completed_at BIGINT,
  created_by TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  trashed_at BIGINT,
  trashed_with TEXT COLLATE "C"
);
CREATE INDEX tasks_by_space ON tasks (space_id, id);
CREATE INDEX tasks_by_project ON tasks (project_id, id);
CREATE INDEX tasks_by_update ON tasks (space_id, updated_at, id);
CREATE INDEX tasks_open_by_due ON tasks (space_id, due_at, id)
  WHERE due_at IS NOT NULL AND trashed_at IS NULL AND status < 2;
CREATE INDEX tasks_closed_by_due ON tasks (space_id, due_at, id)
  WHERE due_at IS NOT NULL AND trashed_at IS NULL AND status >= 2;
CREATE INDEX tasks_in_trash ON tasks (space_id, trashed_at, id) WHERE trashed_at IS NOT NULL;
CREATE INDEX tasks_to_purge ON tasks (trashed_at) WHERE trashed_at IS NOT NULL;

CREATE TABLE task_labels (
  task_id TEXT COLLATE "C" NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  label_key TEXT COLLATE "C" NOT NULL,
  label TEXT NOT NULL,
  space_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (task_id, label_key)
);
CREATE INDEX task_labels_by_label ON task_labels (space_id, label_key, task_id);

-- Full text: the lexemes are made by the program, with their space's key in front, so that one account's search never
-- walks through another's words; the configuration is therefore in effect 'simple'.
CREATE TABLE task_documents (
  task_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  space_id TEXT COLLATE "C" NOT NULL,
  words TSVECTOR NOT NULL
);
CREATE INDEX task_documents_by_word ON task_documents USING GIN (words);
