import { ERROR_WINDOW_RECORDS } from '../../errors/error-limit.js';

/** The schema that holds everything of ours. */
export const STORE_SCHEMA = 'skyflow_supervise';

/** What this version reads and writes; another one is not worked with. */
export const STORE_VERSION = 1;

const S = STORE_SCHEMA;

/** All that the role of loads and workers needs, which makes no tables. */
export const grantsFor = (role: string, engineSchema: string): string[] => [
  `GRANT USAGE ON SCHEMA ${S}, ${engineSchema} TO ${role};`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${S}, ${engineSchema} TO ${role};`,
  `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${engineSchema} TO ${role};`,
  `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${S}, ${engineSchema} TO ${role};`,
];

/**
 * Everything that `store init` makes, to be printed for review or run by whoever may. No value, no token and no
 * credential ever goes into any of it: shards are positions, error entries are sealed or redacted before they come here.
 *
 * Whatever data safety rests on is decided in one statement by the server: who works on a shard is its `epoch`, what
 * stands in its journal is its `seq`, and a line is added only by whoever has both right.
 */
export const storeSql = `
CREATE SCHEMA IF NOT EXISTS ${S};
CREATE TABLE IF NOT EXISTS ${S}.meta (version int NOT NULL);
INSERT INTO ${S}.meta SELECT ${STORE_VERSION} WHERE NOT EXISTS (SELECT 1 FROM ${S}.meta);

-- A run: what was asked, without secrets, whether it may go on, and what was asked of it since. sharing: how many
-- vaults divide the rates among them. forgotten: somebody knows more of it than stands here; only a repair goes on.
CREATE TABLE IF NOT EXISTS ${S}.run (
  run text PRIMARY KEY, version text NOT NULL, record jsonb NOT NULL, recipient text, fingerprint_key text,
  control text NOT NULL DEFAULT 'go', forgotten boolean NOT NULL DEFAULT false, orders jsonb, answer jsonb, sharing int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz);

-- One row for each table of a vault that anybody loads into, whatever the run: everybody who sends to it is paced here,
-- and one run at a time may. Times are milliseconds of the server's clock.
CREATE TABLE IF NOT EXISTS ${S}.target (
  target text PRIMARY KEY, run text,
  requests_per_second float8, records_per_second float8, bytes_per_second float8,
  requests_due float8 NOT NULL DEFAULT 0, records_due float8 NOT NULL DEFAULT 0, bytes_due float8 NOT NULL DEFAULT 0,
  paused_until float8 NOT NULL DEFAULT 0) WITH (fillfactor = 50);

-- A vault of a run. The first request is one at a time, by whoever has the turn, until a record came back (proven).
-- rates: as they were configured. window: of the settled records since max_error_share was looked at last.
CREATE TABLE IF NOT EXISTS ${S}.vault (
  run text, vault text, target text NOT NULL, control text NOT NULL DEFAULT 'go', error jsonb, rates jsonb NOT NULL DEFAULT '{}',
  max_failed bigint, max_held bigint, failed bigint NOT NULL DEFAULT 0, held bigint NOT NULL DEFAULT 0,
  max_error_share float8, window_settled bigint NOT NULL DEFAULT 0, window_failed bigint NOT NULL DEFAULT 0,
  proven boolean NOT NULL DEFAULT false, turn_shard int, turn_epoch int,
  plan jsonb NOT NULL, PRIMARY KEY (run, vault));

-- A part of a vault's rows. rows_done counts all that are settled; when that is all of them, the shard is done.
CREATE TABLE IF NOT EXISTS ${S}.shard (
  run text, vault text, shard int, start_row bigint NOT NULL, end_row bigint NOT NULL,
  state text NOT NULL DEFAULT 'open', epoch int NOT NULL DEFAULT 0, seq int NOT NULL DEFAULT 0,
  durable_seq int NOT NULL DEFAULT 0, reserved_to bigint NOT NULL DEFAULT 0, owner text,
  rows_done bigint NOT NULL DEFAULT 0, uploaded bigint NOT NULL DEFAULT 0, confirmed bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0, held bigint NOT NULL DEFAULT 0,
  is_forgotten boolean NOT NULL DEFAULT false, snapshot jsonb, updated_at timestamptz,
  PRIMARY KEY (run, vault, shard)) WITH (fillfactor = 50);

-- Who had a shard in which epoch, and how many of its rows were settled before.
CREATE TABLE IF NOT EXISTS ${S}.tenure (
  run text, vault text, shard int, epoch int, worker text NOT NULL, since timestamptz NOT NULL, rows_before bigint NOT NULL,
  PRIMARY KEY (run, vault, shard, epoch));

-- The journal: the very text of a line, as it would stand in a file.
CREATE TABLE IF NOT EXISTS ${S}.line (
  run text, vault text, shard int, seq int, epoch int NOT NULL, line text NOT NULL, PRIMARY KEY (run, vault, shard, seq));
-- Entries of the error log, sealed or redacted.
CREATE TABLE IF NOT EXISTS ${S}.entry (
  run text, vault text, shard int, seq int, n int, entry text NOT NULL, PRIMARY KEY (run, vault, shard, seq, n));
-- What a repair has replaced.
CREATE TABLE IF NOT EXISTS ${S}.damaged_line (
  run text, vault text, shard int, at timestamptz NOT NULL DEFAULT now(), seq int, line text);

-- For people only.
CREATE TABLE IF NOT EXISTS ${S}.worker (
  worker text PRIMARY KEY, host text NOT NULL, pid int NOT NULL, version text NOT NULL, lanes int NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now());
-- Why a worker does not take shards of a vault: a credential, a certificate, an input of its own that is wrong.
CREATE TABLE IF NOT EXISTS ${S}.problem (
  worker text, run text, vault text, error jsonb NOT NULL, until timestamptz NOT NULL, PRIMARY KEY (worker, run, vault));

-- Whoever works on a shard begins a new epoch: from here on nothing of the ones before is taken, and no permission given.
CREATE OR REPLACE FUNCTION ${S}.take_over(r text, v text, s int, who text)
RETURNS TABLE (epoch int, seq int, reserved_to bigint) LANGUAGE sql AS $$
  WITH taken AS (
    UPDATE ${S}.shard x SET epoch = x.epoch + 1, owner = who, updated_at = clock_timestamp()
      WHERE x.run = r AND x.vault = v AND x.shard = s AND x.state = 'open' RETURNING x.*
  ), noted AS (
    INSERT INTO ${S}.tenure (run, vault, shard, epoch, worker, since, rows_before)
      SELECT r, v, s, taken.epoch, who, clock_timestamp(), taken.rows_done FROM taken ON CONFLICT DO NOTHING
  )
  SELECT taken.epoch, taken.seq, taken.reserved_to FROM taken $$;

-- Adds lines behind line q: 'ok'; 'again' when this very append stands there (a repetition after a lost connection);
-- 'fenced' for whoever is not the owner any more; 'forgotten' when the store knows less than the owner has seen on its disk.
CREATE OR REPLACE FUNCTION ${S}.append(r text, v text, s int, e int, q int, lines text[], entries text[], durable boolean,
    witnessed int, d_reserved bigint, d_rows bigint, d_uploaded bigint, d_confirmed bigint, d_failed bigint, d_held bigint)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE n int := cardinality(lines); found_epoch int; found_seq int;
BEGIN
  PERFORM set_config('synchronous_commit', CASE WHEN durable THEN 'on' ELSE 'off' END, true);
  UPDATE ${S}.shard SET seq = q + n, durable_seq = CASE WHEN durable THEN greatest(durable_seq, q + n) ELSE durable_seq END,
      reserved_to = greatest(reserved_to, d_reserved), rows_done = rows_done + d_rows, uploaded = uploaded + d_uploaded,
      confirmed = confirmed + d_confirmed, failed = failed + d_failed, held = held + d_held,
      state = CASE WHEN rows_done + d_rows >= end_row - start_row THEN 'done' ELSE state END, updated_at = clock_timestamp()
    WHERE run = r AND vault = v AND shard = s AND epoch = e AND seq = q;
  IF NOT FOUND THEN
    SELECT epoch, seq INTO found_epoch, found_seq FROM ${S}.shard WHERE run = r AND vault = v AND shard = s;
    IF found_epoch = e AND found_seq = q + n THEN RETURN 'again'; END IF;
    IF found_epoch IS NULL OR found_epoch < e OR (found_epoch = e AND found_seq < witnessed) THEN RETURN 'forgotten'; END IF;
    RETURN 'fenced';
  END IF;
  INSERT INTO ${S}.line SELECT r, v, s, q + i, e, l FROM unnest(lines) WITH ORDINALITY u(l, i);
  INSERT INTO ${S}.entry SELECT r, v, s, q + n, i, t FROM unnest(entries) WITH ORDINALITY u(t, i);
  IF d_uploaded > 0 THEN UPDATE ${S}.vault SET proven = true WHERE run = r AND vault = v AND NOT proven; END IF;
  IF d_rows > 0 THEN
    UPDATE ${S}.vault SET window_settled = window_settled + d_uploaded + d_failed - d_held, window_failed = window_failed + d_failed - d_held
      WHERE run = r AND vault = v AND max_error_share IS NOT NULL;
    IF FOUND THEN
      UPDATE ${S}.vault SET window_settled = 0, window_failed = 0,
          control = CASE WHEN control = 'go' AND window_failed > max_error_share * window_settled THEN 'too_many_errors' ELSE control END
        WHERE run = r AND vault = v AND window_settled >= ${ERROR_WINDOW_RECORDS};
    END IF;
  END IF;
  IF d_failed > 0 THEN
    UPDATE ${S}.vault SET failed = failed + d_failed, held = held + d_held, control = CASE WHEN control <> 'go' THEN control
        WHEN failed + d_failed - held - d_held > max_failed THEN 'too_many_errors'
        WHEN held + d_held > max_held THEN 'too_many_held' ELSE control END
      WHERE run = r AND vault = v;
  END IF;
  RETURN 'ok';
END $$;

-- When one request more may be sent to a table: at most so many a second as its run is given, and as the one who asks gives
-- itself. A turn up to 250 ms ahead is given out.
CREATE OR REPLACE FUNCTION ${S}.pace(t text, n_records float8, n_bytes float8, own_requests float8, own_records float8, own_bytes float8,
    OUT verdict text, OUT wait_ms float8) LANGUAGE plpgsql AS $$
DECLARE now_ms float8; at float8; p ${S}.target;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT * INTO p FROM ${S}.target WHERE target = t FOR UPDATE;
  now_ms := extract(epoch FROM clock_timestamp()) * 1000;
  verdict := 'go';
  -- What a run that is over was given says nothing about who comes after it.
  own_requests := least(CASE WHEN p.run IS NOT NULL THEN p.requests_per_second END, own_requests);
  own_records := least(CASE WHEN p.run IS NOT NULL THEN p.records_per_second END, own_records);
  own_bytes := least(CASE WHEN p.run IS NOT NULL THEN p.bytes_per_second END, own_bytes);
  at := greatest(CASE WHEN own_requests IS NULL THEN 0 ELSE p.requests_due END, CASE WHEN own_records IS NULL THEN 0 ELSE p.records_due END,
    CASE WHEN own_bytes IS NULL THEN 0 ELSE p.bytes_due END, p.paused_until);
  wait_ms := greatest(0, at - now_ms);
  IF wait_ms > 250 THEN verdict := 'wait'; RETURN; END IF;
  at := greatest(p.paused_until, now_ms - 50);
  UPDATE ${S}.target SET
      requests_due = CASE WHEN own_requests IS NULL THEN 0 ELSE greatest(requests_due, at) + 1000 / own_requests END,
      records_due = CASE WHEN own_records IS NULL THEN 0 ELSE greatest(records_due, at) + 1000 * n_records / own_records END,
      bytes_due = CASE WHEN own_bytes IS NULL THEN 0 ELSE greatest(bytes_due, at) + 1000 * n_bytes / own_bytes END
    WHERE target = t;
END $$;

-- Before every request: is this still the owner, may this vault go on, and when is it its turn? One round trip, one clock.
-- Who has waited for its turn asks again, without being charged (charged).
CREATE OR REPLACE FUNCTION ${S}.permit(r text, v text, s int, e int, n_records float8, n_bytes float8, charged boolean,
    OUT verdict text, OUT wait_ms float8, OUT is_proven boolean) LANGUAGE plpgsql AS $$
DECLARE t text; p ${S}.target;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  wait_ms := 0;
  PERFORM 1 FROM ${S}.shard WHERE run = r AND vault = v AND shard = s AND epoch = e;
  IF NOT FOUND THEN verdict := 'fenced'; RETURN; END IF;
  SELECT CASE WHEN a.control <> 'go' THEN a.control ELSE b.control END, b.proven, b.target INTO verdict, is_proven, t
    FROM ${S}.run a JOIN ${S}.vault b ON b.run = a.run WHERE a.run = r AND b.vault = v;
  IF verdict <> 'go' OR charged THEN RETURN; END IF;
  SELECT * INTO p FROM ${S}.target WHERE target = t;
  IF coalesce(p.requests_per_second, p.records_per_second, p.bytes_per_second) IS NULL
    AND p.paused_until <= extract(epoch FROM clock_timestamp()) * 1000 THEN RETURN; END IF;
  SELECT x.verdict, x.wait_ms INTO verdict, wait_ms FROM ${S}.pace(t, n_records, n_bytes, NULL, NULL, NULL) x;
END $$;

-- The vault wants a rest: nobody is let through for so long.
CREATE OR REPLACE FUNCTION ${S}.pause(t text, pause_ms float8) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  UPDATE ${S}.target SET paused_until = greatest(paused_until, extract(epoch FROM clock_timestamp()) * 1000 + pause_ms)
    WHERE target = t;
END $$;

-- Who sends while no record has come back yet: one at a time. A turn ends with its owner's epoch.
CREATE OR REPLACE FUNCTION ${S}.take_turn(r text, v text, s int, e int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ${S}.vault x SET turn_shard = s, turn_epoch = e WHERE x.run = r AND x.vault = v AND NOT x.proven
    AND EXISTS (SELECT 1 FROM ${S}.shard y WHERE y.run = r AND y.vault = v AND y.shard = s AND y.epoch = e)
    AND (x.turn_shard IS NULL OR x.turn_shard = s OR NOT EXISTS (SELECT 1 FROM ${S}.shard y WHERE y.run = r AND y.vault = v
      AND y.shard = x.turn_shard AND y.epoch = x.turn_epoch AND y.owner IS NOT NULL AND y.state = 'open'));
  IF FOUND THEN RETURN 'yours'; END IF;
  RETURN CASE WHEN (SELECT proven FROM ${S}.vault WHERE run = r AND vault = v) THEN 'proven' ELSE 'wait' END;
END $$;
CREATE OR REPLACE FUNCTION ${S}.end_turn(r text, v text, s int, e int) RETURNS void LANGUAGE sql AS $$
  UPDATE ${S}.vault SET turn_shard = NULL, turn_epoch = NULL WHERE run = r AND vault = v AND turn_shard = s AND turn_epoch = e $$;

-- The owner lets go of a shard in order; done or not is for its lines to say.
CREATE OR REPLACE FUNCTION ${S}.let_go(r text, v text, s int, e int) RETURNS void LANGUAGE sql AS $$
  UPDATE ${S}.shard SET owner = NULL, updated_at = clock_timestamp() WHERE run = r AND vault = v AND shard = s AND epoch = e;
  SELECT ${S}.end_turn(r, v, s, e) $$;

-- A run has come to rest. With nothing left (over) it is at its end, and others may load into its tables, unless more was put
-- behind it: whoever does that locks the run's row first. Of two records the one that knows of more commands stays.
CREATE OR REPLACE FUNCTION ${S}.finish(r text, known jsonb, over boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM ${S}.run WHERE run = r FOR UPDATE;
  over := over AND NOT EXISTS (SELECT 1 FROM ${S}.shard WHERE run = r AND state = 'open');
  UPDATE ${S}.run SET finished_at = CASE WHEN over THEN now() END,
      record = CASE WHEN jsonb_array_length(record->'sessions') > jsonb_array_length(known->'sessions') THEN record ELSE known END
    WHERE run = r;
  UPDATE ${S}.target SET run = NULL WHERE run = r AND over;
END $$;
`;
