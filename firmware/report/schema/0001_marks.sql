-- How far a journal's events have got. One line for each journal that this terminal has had.
CREATE TABLE mark (
    journal_id TEXT PRIMARY KEY,
    delivered  INTEGER NOT NULL, -- the broker has every event up to here
    ahead      BLOB NOT NULL,    -- and these behind it: a JSON list of sequences
    confirmed  INTEGER NOT NULL  -- the collector has every event up to here
) STRICT;

-- What came in, and what it was answered.
CREATE TABLE inbound (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    time        TEXT NOT NULL,
    name        TEXT NOT NULL,
    payload     BLOB NOT NULL,
    correlation BLOB,
    answer      BLOB NOT NULL
) STRICT;
