-- Accounts, their credentials, and what must agree among replicas. Times are milliseconds since 1970 UTC, booleans 0/1.

-- One row. Of accounts that are registered at once, the one that writes itself here is the first.
CREATE TABLE installation (
  singleton BIGINT PRIMARY KEY CHECK (singleton = 1),
  founder TEXT                       -- the first account, which became administrator
);
INSERT INTO installation (singleton) VALUES (1);

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,               -- as its owner writes it
  email_key TEXT NOT NULL,           -- normalised: two spellings of one address are one account
  name TEXT,
  timezone TEXT NOT NULL,
  locale TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('administrator', 'member')),
  password_hash TEXT NOT NULL,
  email_verified_at BIGINT,
  disabled_at BIGINT,                -- by an administrator
  erase_at BIGINT,                   -- its owner asked for erasure; signing in before that time takes it back
  last_sign_in_at BIGINT,            -- also orders signing in against a change of the password: both update the row
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  CONSTRAINT accounts_email_key UNIQUE (email_key)
);
CREATE INDEX accounts_erase_at ON accounts (erase_at) WHERE erase_at IS NOT NULL;
CREATE INDEX accounts_administrators ON accounts (id) WHERE role = 'administrator';

-- A refresh token is "<family>.<turn>": the family stays for the session's life, the turn changes at each use. A known
-- family with a turn that is not the current one is a stolen or repeated token. Only SHA-256 of both is here.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  family_hash TEXT NOT NULL,
  turn_hash TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,      -- of the refresh token: coarse by nature
  expires_at BIGINT NOT NULL,
  CONSTRAINT sessions_family UNIQUE (family_hash)
);
CREATE INDEX sessions_account ON sessions (account_id, id);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Personal access tokens are signed, not stored; this is what their owner sees and what revocation needs.
CREATE TABLE personal_tokens (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,              -- separated by spaces
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX personal_tokens_account ON personal_tokens (account_id, id);
CREATE INDEX personal_tokens_expires ON personal_tokens (expires_at);

-- Ids of sessions, tokens and accounts ended before their signed tokens expire: GET /.well-known/revocations. No reference
-- to accounts: an erased account's tokens must stay refused.
CREATE TABLE revocations (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  until BIGINT NOT NULL
);
CREATE INDEX revocations_until ON revocations (until);

CREATE TABLE one_time_tokens (
  hash TEXT PRIMARY KEY,             -- SHA-256 of the token
  purpose TEXT NOT NULL CHECK (purpose IN ('email_verification', 'password_reset')),
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  email TEXT NOT NULL,               -- the address that it was sent to, and proves
  email_key TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX one_time_tokens_account ON one_time_tokens (account_id, purpose);
CREATE INDEX one_time_tokens_expires ON one_time_tokens (expires_at);

-- When a one-time link was last asked for, whether the address has an account or not: the same work for both, and a
-- limit to how much mail a stranger can cause. The key is a hash, since most of them may be no one's business.
CREATE TABLE link_requests (
  address_hash TEXT PRIMARY KEY,
  requested_at BIGINT NOT NULL
);

CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL,
  email TEXT,                        -- who alone may use it; NULL: whoever holds the token
  email_key TEXT,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  accepted_at BIGINT,
  accepted_by TEXT,
  CONSTRAINT invitations_token UNIQUE (token_hash)
);

CREATE TABLE signing_keys (
  id TEXT PRIMARY KEY,               -- RFC 7638 thumbprint
  private_key TEXT NOT NULL,         -- PEM, or sealed with key-encryption-secret
  public_jwk TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  signs_from BIGINT NOT NULL         -- published from created_at, used from here
);
