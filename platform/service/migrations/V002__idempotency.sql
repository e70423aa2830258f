-- Answers of POSTs that carried an Idempotency-Key, kept for 24 hours. Written in the transaction of the change.
CREATE TABLE idempotency (
  caller       TEXT   NOT NULL,  -- account id, or 'anonymous ' and the client's address
  key_hash     TEXT   NOT NULL,
  request_hash TEXT   NOT NULL,  -- method, path and body
  status       BIGINT NOT NULL,
  encrypted    BIGINT NOT NULL,  -- 1: answer can be read only with the client's key
  answer       TEXT   NOT NULL,  -- header fields, an empty line, body
  created_at   BIGINT NOT NULL,
  PRIMARY KEY (caller, key_hash)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
