-- One-time links that are still stored, by age: they are looked for every few seconds, to be forgotten in time.
CREATE INDEX dispatches_links ON dispatches (created_at) WHERE kind = 'link' AND payload IS NOT NULL;
