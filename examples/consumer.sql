-- What billing needs to keep the readings: one table, one statement. SQLite and PostgreSQL understand it.
--
-- The gateway may send a message twice, late or out of order, and two gateways may hear the same meter. Of all messages
-- of one meter and day the one with the highest precedence stands, of equals the one with the greater id, so every
-- order of arrival ends the same. Acknowledge a message (PUBACK) once this statement is committed.

CREATE TABLE IF NOT EXISTS reading (
  meter      TEXT    NOT NULL,  -- meter.manufacturer and meter.id: KAM-07134347
  day        TEXT    NOT NULL,  -- local day, YYYY-MM-DD
  id         TEXT    NOT NULL,  -- names what is billed: the same registers and status, the same id
  precedence BIGINT  NOT NULL,
  body       TEXT    NOT NULL,  -- the whole message
  PRIMARY KEY (meter, day)
);

INSERT INTO reading (meter, day, id, precedence, body)
VALUES (:meter, :day, :id, :precedence, :body)
ON CONFLICT (meter, day) DO UPDATE
  SET id = excluded.id, precedence = excluded.precedence, body = excluded.body
  WHERE (excluded.precedence, excluded.id) > (reading.precedence, reading.id);
