-- When personal access tokens were created, kept for a day though the token be revoked or have expired: each revoked one
-- is in the revocations list that every service holds, so how many an account may make in a day is limited.
CREATE TABLE token_creations (
  token_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL
);
CREATE INDEX token_creations_account ON token_creations (account_id, created_at);
CREATE INDEX token_creations_created ON token_creations (created_at);
