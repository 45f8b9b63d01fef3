/**
 * The schema, one step per version: `user_version` is the number of steps taken. A step that was ever released is never
 * edited; a change is a new step at the end.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meters (
    meter TEXT PRIMARY KEY,
    label TEXT,
    installation TEXT,
    plain TEXT CHECK (plain = 'allowed'),
    added_at TEXT
  ) STRICT, WITHOUT ROWID;

  -- 'next' is the key a meter is about to change to.
  CREATE TABLE meter_keys (
    meter TEXT NOT NULL REFERENCES meters ON DELETE CASCADE,
    slot TEXT NOT NULL CHECK (slot IN ('current', 'next')),
    kek_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    key_check TEXT NOT NULL,
    PRIMARY KEY (meter, slot)
  ) STRICT, WITHOUT ROWID;

  -- AUTOINCREMENT: a number is not used again, even after retention has removed the last row.
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    meter TEXT,
    day TEXT,
    precedence INTEGER,
    body TEXT NOT NULL,
    checksum BLOB NOT NULL,
    stored_at INTEGER
  ) STRICT;

  -- Day first: a day's rows are written together, so a commit touches few pages of the index; by meter it would touch one per row.
  CREATE INDEX outbox_day_meter ON outbox (day DESC, meter, id);

  CREATE TABLE sink_cursors (
    sink TEXT PRIMARY KEY,
    live_next INTEGER NOT NULL,
    backlog_next INTEGER NOT NULL,
    backlog_end INTEGER NOT NULL,
    delivered INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outbox_exceptions (
    seq INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
    sink TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'refused')),
    attempts INTEGER NOT NULL,
    reason TEXT,
    retry_at INTEGER,
    PRIMARY KEY (seq, sink)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX outbox_exceptions_due ON outbox_exceptions (sink, state, retry_at);

  CREATE TABLE memory (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE telegrams (
    day TEXT NOT NULL,
    meter TEXT NOT NULL,
    heard_at INTEGER NOT NULL,
    crc TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (day, meter)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX telegrams_heard_at ON telegrams (heard_at);
  `,
  `
  -- What was accepted by a sink that gives receipts, until the message goes: due_at is when it is sent again, null once confirmed.
  CREATE TABLE sink_receipts (
    sink TEXT NOT NULL,
    seq INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
    sent INTEGER NOT NULL,
    accepted_at INTEGER,
    confirmed_at INTEGER,
    due_at INTEGER,
    PRIMARY KEY (sink, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sink_receipts_due ON sink_receipts (sink, due_at) WHERE confirmed_at IS NULL;
  CREATE INDEX sink_receipts_seq ON sink_receipts (seq);

  -- 'dropped': given up by a person.
  CREATE TABLE outbox_exceptions_next (
    seq INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
    sink TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'refused', 'dropped')),
    attempts INTEGER NOT NULL,
    reason TEXT,
    retry_at INTEGER,
    PRIMARY KEY (seq, sink)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO outbox_exceptions_next SELECT seq, sink, state, attempts, reason, retry_at FROM outbox_exceptions;
  DROP TABLE outbox_exceptions;
  ALTER TABLE outbox_exceptions_next RENAME TO outbox_exceptions;
  CREATE INDEX outbox_exceptions_due ON outbox_exceptions (sink, state, retry_at);
  `,
  `
  -- Messages by SMS, one row a PDU. 'message' is the number of the first PDU of its message, null before it is whole.
  CREATE TABLE sms_pdus (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    pdu TEXT NOT NULL,
    received_at INTEGER,
    message INTEGER,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'accepted', 'quarantine', 'rejected')),
    reason TEXT,
    meter TEXT
  ) STRICT;
  CREATE INDEX sms_pdus_state ON sms_pdus (state, received_at);
  CREATE INDEX sms_pdus_message ON sms_pdus (message);
  `,
  `
  -- Lists are JSON: the second copy of the meters takes every column along.
  ALTER TABLE meters ADD COLUMN aliases TEXT;
  ALTER TABLE meters ADD COLUMN wired TEXT;
  ALTER TABLE meters ADD COLUMN retired_at TEXT;
  ALTER TABLE meters ADD COLUMN replaced_by TEXT;
  `,
  `
  -- What a file's entries are chained as: a file that begins anew begins a chain.
  CREATE TABLE audit_chain (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    id TEXT NOT NULL
  ) STRICT;
  INSERT INTO audit_chain VALUES (1, lower(hex(randomblob(4))));

  -- 'commitment' is SHA-256 over salt and subject, 'hash' over the entry and the hash before it.
  CREATE TABLE audit (
    chain TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT,
    salt BLOB,
    commitment BLOB,
    facts TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (chain, seq)
  ) STRICT;
  CREATE INDEX audit_subject ON audit (subject) WHERE subject IS NOT NULL;
  CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    WHEN new.subject IS NOT NULL OR new.salt IS NOT NULL OR new.chain IS NOT old.chain OR new.seq IS NOT old.seq OR new.at IS NOT old.at
      OR new.who IS NOT old.who OR new.what IS NOT old.what OR new.commitment IS NOT old.commitment OR new.facts IS NOT old.facts
      OR new.hash IS NOT old.hash
    BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
  `,
  `
  -- The last state of each meter and hour: 'hour' counts hours since 1970 UTC, 'registers' is JSON.
  CREATE TABLE series (
    hour INTEGER NOT NULL,
    meter TEXT NOT NULL,
    observed_at INTEGER NOT NULL,
    registers TEXT NOT NULL,
    PRIMARY KEY (hour, meter)
  ) STRICT, WITHOUT ROWID;
  `,
]
