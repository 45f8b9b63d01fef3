-- Does billing have every reading of a day? The digest of the day's message (kind "day") says so.
--
-- Of one gateway. Where several gateways hear the same meters, keep the readings of each apart: give the table of
-- consumer.sql the gateway (source.gateway) as one more column of its primary key, and ask for one gateway here.

-- SQLite has no SHA-256: this line gives the text, and sha256sum the digest.
--   sqlite3 billing.db "SELECT id FROM reading WHERE day = '2026-11-23' ORDER BY id" | sha256sum
SELECT id FROM reading WHERE day = :day ORDER BY id;

-- PostgreSQL 11 and later, all in one:
--   SELECT encode(sha256(convert_to(coalesce(string_agg(id || chr(10), '' ORDER BY id COLLATE "C"), ''), 'UTF8')), 'hex')
--     FROM reading WHERE day = '2026-11-23';
