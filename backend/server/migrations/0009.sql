-- The bonded book by the day: what entered each line and why, corrections that wait for a second person, stocktakes, and the
-- signed reconciliations.

CREATE TABLE book_entry (                  -- every change of what entered a book line: account.lim is their sum
    cell BIGINT NOT NULL,
    key TEXT NOT NULL,                     -- book/record number
    seq BIGINT NOT NULL,                   -- row of the trail that tells of it; of an opening balance the row it was taken after
    kind TEXT NOT NULL CHECK (kind IN ('opening', 'entry', 'correction', 'stocktake')),
    quantity BIGINT NOT NULL,              -- above or below zero
    document TEXT NOT NULL,                -- of an entry; else why
    at_us BIGINT NOT NULL,
    PRIMARY KEY (cell, key, seq)
);

-- What entered before is the opening balance: the trail does not tell of all of it line by line.
INSERT INTO book_entry (cell, key, seq, kind, quantity, document, at_us)
SELECT a.cell, a.key, COALESCE(c.trail_seq, 0), 'opening', a.lim, '', 0
FROM account a LEFT JOIN cell c ON c.number = a.cell WHERE a.kind = 'stock';

CREATE TABLE book_request (                -- entries and corrections that one person asks for and another decides
    cell BIGINT NOT NULL,
    id BIGINT NOT NULL,                    -- serial of the cell, shared with orders
    key TEXT NOT NULL,                     -- book/record number
    kind TEXT NOT NULL CHECK (kind IN ('entry', 'correction')),
    quantity BIGINT NOT NULL CHECK (quantity <> 0),
    document TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'refused')),
    asked_by TEXT NOT NULL,                -- name of the account
    asked_us BIGINT NOT NULL,
    decided_by TEXT,
    decided_us BIGINT,
    note TEXT NOT NULL DEFAULT '',         -- why it was decided so
    PRIMARY KEY (cell, id)
);
CREATE INDEX book_request_open ON book_request (cell, id) WHERE state = 'open';
CREATE INDEX book_request_line ON book_request (cell, key);

CREATE TABLE stocktake (
    cell BIGINT NOT NULL,
    id BIGINT NOT NULL,                    -- serial of the cell, shared with orders
    centre BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('counting', 'review', 'signed', 'dropped')),
    note TEXT NOT NULL,                    -- what it is called
    opened_by TEXT NOT NULL,
    opened_us BIGINT NOT NULL,
    ended_by TEXT,
    ended_us BIGINT,
    PRIMARY KEY (cell, id)
);

CREATE TABLE stocktake_line (
    cell BIGINT NOT NULL,
    stocktake BIGINT NOT NULL,
    key TEXT NOT NULL,                     -- book/record number
    round BIGINT NOT NULL DEFAULT 1,       -- goes up when it is counted anew
    counted BIGINT,                        -- empty until something was counted in this round
    first_book BIGINT,                     -- what the book had in the area at the first count of this round
    last_book BIGINT,                      -- and at the last: what was counted is compared with it
    counted_by TEXT,                       -- the last who counted it
    counted_us BIGINT,
    PRIMARY KEY (cell, stocktake, key)
);

CREATE TABLE reconciliation (              -- one day of one centre, as signed
    cell BIGINT NOT NULL,
    centre BIGINT NOT NULL,
    day TEXT NOT NULL,                     -- YYYY-MM-DD in China
    body TEXT NOT NULL,                    -- the line of JSON that is signed
    signature TEXT NOT NULL,               -- the line of JSON with its signature and certificate
    differences BIGINT NOT NULL,
    made_us BIGINT NOT NULL,
    PRIMARY KEY (cell, centre, day)
);
