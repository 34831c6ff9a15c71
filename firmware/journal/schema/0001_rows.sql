-- Whose journal this is. The identity is drawn once and is the root of the chain.
CREATE TABLE meta (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    journal_id  TEXT NOT NULL,
    terminal_id TEXT NOT NULL
) STRICT;

-- What was intended, what happened, what was found out later, what was shown: rows are only ever added.
CREATE TABLE row (
    id             INTEGER PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    kind           TEXT NOT NULL,
    state          TEXT NOT NULL,
    time           TEXT NOT NULL,
    clock_trusted  INTEGER NOT NULL,
    body           BLOB NOT NULL,
    sequence       INTEGER UNIQUE,
    event_kind     TEXT,
    event_type     TEXT,
    event_data     BLOB,
    previous       BLOB NOT NULL,
    hash           BLOB NOT NULL,
    CHECK ((sequence IS NULL) = (event_kind IS NULL)),
    CHECK ((sequence IS NULL) = (event_type IS NULL)),
    CHECK ((sequence IS NULL) = (event_data IS NULL))
) STRICT;
CREATE INDEX row_transaction ON row (transaction_id);

-- A view kept by triggers, so that start-up need not walk a million rows: intents and outcomes without an end.
CREATE TABLE unfinished (transaction_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TRIGGER row_opens AFTER INSERT ON row WHEN NEW.kind IN ('intent', 'outcome') BEGIN
    INSERT OR IGNORE INTO unfinished VALUES (NEW.transaction_id);
END;
CREATE TRIGGER row_ends AFTER INSERT ON row WHEN NEW.kind IN ('resolution', 'shown') BEGIN
    DELETE FROM unfinished WHERE transaction_id = NEW.transaction_id;
END;

-- INSERT OR REPLACE deletes without asking a DELETE trigger; the next number only leaves it nothing to replace.
CREATE TRIGGER row_is_next BEFORE INSERT ON row
WHEN NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM row) BEGIN
    SELECT RAISE(ABORT, 'rows are only added, one after the other');
END;
CREATE TRIGGER event_is_next BEFORE INSERT ON row
WHEN NEW.sequence IS NOT NULL AND NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM row) BEGIN
    SELECT RAISE(ABORT, 'events are only added, one after the other');
END;
CREATE TRIGGER row_is_never_changed BEFORE UPDATE ON row BEGIN
    SELECT RAISE(ABORT, 'rows are never changed');
END;
CREATE TRIGGER row_is_never_deleted BEFORE DELETE ON row BEGIN
    SELECT RAISE(ABORT, 'rows are never deleted');
END;
CREATE TRIGGER meta_is_never_changed BEFORE UPDATE ON meta BEGIN
    SELECT RAISE(ABORT, 'the journal keeps its identity');
END;
CREATE TRIGGER meta_is_never_deleted BEFORE DELETE ON meta BEGIN
    SELECT RAISE(ABORT, 'the journal keeps its identity');
END;
