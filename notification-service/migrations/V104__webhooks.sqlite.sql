-- Endpoints that people have registered. `secret` is sealed if a key is configured; the old one is good until
-- `old_secret_until`. `events` is a JSON array of patterns.
CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  name TEXT,
  url TEXT NOT NULL,
  format TEXT NOT NULL CONSTRAINT webhooks_format CHECK (format IN ('standard', 'slack', 'discord', 'ntfy')),
  events TEXT NOT NULL,
  secret TEXT NOT NULL,
  old_secret TEXT,
  old_secret_until BIGINT,
  paused_at BIGINT,
  paused_because TEXT CONSTRAINT webhooks_paused_because CHECK (paused_because IN ('owner', 'failing', 'gone')),
  failing_since BIGINT,
  failures BIGINT NOT NULL DEFAULT 0,
  last_success_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX webhooks_account ON webhooks (account_id, id);

-- What was sent to an endpoint and what it answered: the newest of each, for its owner to look at and to send again.
CREATE TABLE webhook_attempts (
  webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  at BIGINT NOT NULL,
  request_headers TEXT NOT NULL,
  request_body TEXT NOT NULL,
  status BIGINT,
  response_headers TEXT NOT NULL,
  response_body TEXT NOT NULL,
  took_ms BIGINT NOT NULL,
  error TEXT,
  PRIMARY KEY (webhook_id, id)
) WITHOUT ROWID;
CREATE INDEX webhook_attempts_at ON webhook_attempts (at);
