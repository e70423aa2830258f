-- Whether the account's address is verified, by the latest event of it. NULL: not known, because no event has come since this
-- column is here. Such an address is mailed as before; otherwise all who verified theirs long ago would get no mail until their
-- account changes.
ALTER TABLE recipients ADD COLUMN email_verified BIGINT;
