-- What is asked of customs after a list was filed, what customs bills, receipts that belong to nothing known, and what waits
-- for a person.

CREATE TABLE application (                 -- to cancel a list (CEB623) or to take goods back (CEB625)
    cell BIGINT NOT NULL,
    id BIGINT NOT NULL,                    -- serial of the cell, shared with orders
    cop_no TEXT NOT NULL,
    order_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('cancel', 'refund')),
    request_id TEXT NOT NULL,              -- made by the asker: a repeat is the same application
    digest TEXT NOT NULL,                  -- of what was asked: a repeat must be the same
    reason TEXT NOT NULL,
    lines TEXT NOT NULL,                   -- JSON: a list of returns::Back that come back; empty of a cancellation
    credit TEXT NOT NULL,                  -- JSON of domain::returns::Credit
    state TEXT NOT NULL CHECK (state IN ('drafted', 'sent', 'accepted', 'review', 'concluded', 'refused')),
    state_time TEXT NOT NULL DEFAULT '',   -- the receipt's own time (17 digits) and its status
    pre_no TEXT,
    batch BIGINT,                          -- the message it went out with
    asked_us BIGINT NOT NULL,
    back_until_us BIGINT,                  -- until when returned goods are to be in the area
    back_us BIGINT,                        -- when they were
    back_to TEXT CHECK (back_to IN ('shelf', 'aside')),
    PRIMARY KEY (cell, id),
    UNIQUE (cell, cop_no),
    UNIQUE (cell, request_id)
);
CREATE INDEX application_order ON application (cell, order_id);
CREATE INDEX application_drafted ON application (cell, id) WHERE state = 'drafted';
CREATE INDEX application_batch ON application (cell, batch) WHERE batch IS NOT NULL;

CREATE TABLE tax_bill (                    -- electronic tax bills (CEB816) and their state (CEB818)
    cell BIGINT NOT NULL,
    tax_no TEXT NOT NULL,
    order_id BIGINT NOT NULL,
    invt_no TEXT NOT NULL,
    state BIGINT NOT NULL,                 -- 1 generated, 2 summarised into a payment book, 3 void
    state_us BIGINT NOT NULL,              -- own time of the message that set it
    duty BIGINT,                           -- customs' amounts in 1/100,000 CNY; empty until the bill itself is here
    vat BIGINT,
    consumption BIGINT,
    computed_fen BIGINT,                   -- ours, as it was when the bill came
    duty_no TEXT,                          -- number of the payment book
    paid_us BIGINT,
    PRIMARY KEY (cell, tax_no)
);
CREATE INDEX tax_bill_order ON tax_bill (cell, order_id);
CREATE INDEX tax_bill_book ON tax_bill (cell, duty_no) WHERE duty_no IS NOT NULL;

CREATE TABLE payback (                     -- money that goes back to a buyer
    cell BIGINT NOT NULL,
    id TEXT NOT NULL,                      -- order/<order id> for all of it, or the copNo of a return
    order_id BIGINT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen >= 0),
    state TEXT NOT NULL CHECK (state IN ('due', 'requested', 'done', 'failed')),
    made_us BIGINT NOT NULL,
    PRIMARY KEY (cell, id)
);
CREATE INDEX payback_order ON payback (cell, order_id);
CREATE INDEX payback_due ON payback (cell, id) WHERE state IN ('due', 'requested');

CREATE TABLE stray (                       -- records of receipts that belong to nothing known here (yet)
    cell BIGINT NOT NULL,
    cursor BIGINT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,                     -- the number it names
    status BIGINT NOT NULL,
    info TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (cell, cursor, position)
);
CREATE INDEX stray_key ON stray (cell, key);

CREATE TABLE task (                        -- what a person must see to
    cell BIGINT NOT NULL,
    id BIGINT NOT NULL,                    -- 1, 2, 3, … of the cell
    kind TEXT NOT NULL,
    entity TEXT NOT NULL,
    order_id BIGINT,
    body TEXT NOT NULL,                    -- JSON; never an identity number
    made_us BIGINT NOT NULL,
    settled_us BIGINT,
    settled_by TEXT,
    note TEXT,
    PRIMARY KEY (cell, id),
    UNIQUE (cell, kind, entity)
);
CREATE INDEX task_open ON task (cell, id) WHERE settled_us IS NULL;
CREATE INDEX task_order ON task (cell, order_id) WHERE order_id IS NOT NULL;

ALTER TABLE message ADD COLUMN parked TEXT;                            -- why it is not sent any more
ALTER TABLE declaration ADD COLUMN attempt BIGINT NOT NULL DEFAULT 0;  -- how often it was written anew
ALTER TABLE declaration ADD COLUMN app_type BIGINT NOT NULL DEFAULT 1; -- 1 new, 2 change of what customs has
CREATE INDEX declaration_invt_no ON declaration (cell, invt_no) WHERE invt_no IS NOT NULL;
