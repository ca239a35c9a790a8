-- Times are microseconds since 1970 in UTC, money is in fen, quantities are in 1/100,000, booleans are 0 or 1.
-- Only BIGINT, TEXT and BLOB, so that one text serves SQLite and PostgreSQL.
-- Every table that grows with orders carries `cell` (a bonded book or group of books with one writer), or the buyer or
-- number it is found by, in its primary key and every unique constraint: what spreads it over machines (deploy/citus.sql).
-- There are no foreign keys between these: clearing writes hundreds of orders at once, and `pickup-backend verify` checks.

CREATE TABLE setting (                     -- one row per thing the backend made for itself at first start
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE cell (                        -- one writer at a time: every writing transaction locks its row first
    number BIGINT NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL DEFAULT 0,       -- goes up with every new holder; who has an older one may not write
    holder TEXT NOT NULL DEFAULT '',
    until_us BIGINT NOT NULL DEFAULT 0,    -- the holder's lease, renewed while it lives
    serial BIGINT NOT NULL DEFAULT 0,      -- last order number given
    slip_day TEXT NOT NULL DEFAULT '',     -- day of the last slip number, and its serial on that day
    slip_serial BIGINT NOT NULL DEFAULT 0,
    trail_seq BIGINT NOT NULL DEFAULT 0,   -- last row of the trail and its hash
    trail_hash TEXT NOT NULL DEFAULT '0000000000000000000000000000000000000000000000000000000000000000'
);

CREATE TABLE centre (
    number BIGINT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL                     -- JSON of domain::centre::Centre
);

CREATE TABLE product (
    sku TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,                    -- JSON of domain::goods::Product
    picture TEXT NOT NULL                  -- SVG
);

CREATE TABLE dataset (                     -- tariff, lists and registrations as imported; each import replaces its set
    name TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,                  -- where it is from
    digest TEXT NOT NULL,                  -- SHA-256 of the file
    entries BIGINT NOT NULL,
    imported_us BIGINT NOT NULL
);

CREATE TABLE dataset_entry (
    name TEXT NOT NULL,
    position BIGINT NOT NULL,              -- from 1
    body TEXT NOT NULL,                    -- JSON of the entry
    PRIMARY KEY (name, position)
){keyed};

-- Stock line and tax guarantee: one shape (hold -> post | void | expire). A buyer's calendar year has the same in buyer_year.
CREATE TABLE account (
    cell BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('stock', 'guarantee')),
    key TEXT NOT NULL,                     -- stock: book/record number, amounts are quantities; guarantee: its number, fen
    lim BIGINT NOT NULL,
    held BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    used BIGINT NOT NULL DEFAULT 0 CHECK (used >= 0),
    valid_from_us BIGINT,                  -- guarantee only
    valid_until_us BIGINT,
    PRIMARY KEY (cell, kind, key),
    CHECK (held + used <= lim)
);

CREATE TABLE buyer_year (
    key TEXT NOT NULL PRIMARY KEY,         -- keyed digest of the identity number/year
    lim BIGINT NOT NULL,
    held BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    used BIGINT NOT NULL DEFAULT 0 CHECK (used >= 0),
    CHECK (held + used <= lim)
){keyed};

CREATE TABLE buyer_goods (                 -- pieces of goods with a yearly maximum that a buyer bought
    key TEXT NOT NULL PRIMARY KEY,         -- as in buyer_year, then / and the eight-digit code
    lim BIGINT NOT NULL,
    held BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    used BIGINT NOT NULL DEFAULT 0 CHECK (used >= 0),
    CHECK (held + used <= lim)
){keyed};

CREATE TABLE telephone (                   -- who used a telephone, to notice one with many buyers
    phone TEXT NOT NULL,                   -- keyed digest
    buyer TEXT NOT NULL,                   -- keyed digest of the identity number
    first_us BIGINT NOT NULL,
    PRIMARY KEY (phone, buyer)
){keyed};

CREATE TABLE hold (                        -- what is held for an order, on all its accounts or on none
    cell BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'posted', 'voided', 'expired')),
    legs TEXT NOT NULL,                    -- JSON: [[kind, key, amount], …], kind 'stock', 'buyer' or 'guarantee'
    expires_us BIGINT NOT NULL,
    PRIMARY KEY (cell, order_id)
){keyed};

CREATE TABLE used_number (                 -- numbers that are used once in the world: an order's at the platform, a payment's
    number TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('order', 'payment')),
    cell BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    PRIMARY KEY (number, kind)
){keyed};

CREATE TABLE orders (
    cell BIGINT NOT NULL,
    id BIGINT NOT NULL,                    -- serial of the cell
    merchant TEXT NOT NULL,                -- whose API key placed it
    order_no TEXT NOT NULL,
    buyer_key TEXT NOT NULL,               -- keyed digest of the identity number
    centre BIGINT NOT NULL,
    total_fen BIGINT NOT NULL CHECK (total_fen >= 0),
    state TEXT NOT NULL CHECK (state IN ('placed', 'paid', 'matched', 'cleared', 'fulfilled', 'cancelled', 'returned')),
    refund TEXT CHECK (refund IN ('due', 'done')),
    placed_us BIGINT NOT NULL,
    PRIMARY KEY (cell, id)
);

CREATE TABLE dossier (                     -- order, payment and what is declared; apart from the rows whose state changes
    cell BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    digest TEXT NOT NULL,                  -- keyed digest of the order's request: a repeat must be the same
    body BLOB NOT NULL,                    -- AES-256-GCM of the order's JSON (names, phone, identity number)
    verdict TEXT NOT NULL,                 -- JSON of the verdict with every reason and the tax of each line
    transaction_id TEXT,                   -- from here on empty until the order is cleared
    payment_digest TEXT,                   -- keyed digest of the payment: a repeat must be the same
    payment BLOB,                          -- AES-256-GCM of the payment's JSON
    facts TEXT,                            -- JSON of clearing::facts::Facts, without identity numbers
    PRIMARY KEY (cell, order_id)
);

CREATE TABLE declaration (
    cell BIGINT NOT NULL,
    order_id BIGINT NOT NULL,              -- at most one live declaration per order
    cop_no TEXT NOT NULL,
    waybill TEXT NOT NULL,
    batch BIGINT,                          -- the messages it went out with
    pre_no TEXT,
    invt_no TEXT,
    state TEXT NOT NULL CHECK (state IN ('drafted', 'sent', 'accepted', 'released', 'review', 'inspected', 'rejected', 'exception', 'cancelled', 'refunded', 'closed')),
    state_time TEXT NOT NULL DEFAULT '',   -- the receipt's own time (17 digits) that set the state
    tax_fen BIGINT NOT NULL CHECK (tax_fen >= 0),
    released_us BIGINT,
    drafted_us BIGINT NOT NULL,
    PRIMARY KEY (cell, order_id),
    UNIQUE (cell, cop_no)
);

CREATE TABLE outbox (                      -- declarations that wait to be built and signed
    cell BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    due_us BIGINT NOT NULL,
    PRIMARY KEY (cell, order_id)
){keyed};

CREATE TABLE message (                     -- messages to customs exactly as signed, and their sending
    cell BIGINT NOT NULL,
    id TEXT NOT NULL,                      -- stable message id: sending twice changes nothing
    batch BIGINT NOT NULL,                 -- the orders in it: declaration.batch
    kind TEXT NOT NULL,                    -- CEB311Message, CEB511Message, CEB621Message
    records BIGINT NOT NULL,
    body BLOB NOT NULL,                    -- AES-256-GCM (context message/<id>) of the compressed XML: it carries identity numbers
    attempts BIGINT NOT NULL DEFAULT 0,
    next_us BIGINT NOT NULL,               -- when to try (again)
    sent_us BIGINT,
    PRIMARY KEY (cell, id),
    UNIQUE (cell, batch, kind)
);

CREATE TABLE receipt (                     -- messages of customs as they came
    cell BIGINT NOT NULL,
    cursor BIGINT NOT NULL,                -- the gateway's cursor: applied once
    kind TEXT NOT NULL,
    body BLOB NOT NULL,                    -- AES-256-GCM of the compressed XML
    received_us BIGINT NOT NULL,
    PRIMARY KEY (cell, cursor)
);

CREATE TABLE receipt_record (              -- each record of them that belongs to an order
    cell BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    cursor BIGINT NOT NULL,
    position BIGINT NOT NULL,              -- in its message, from 0
    kind TEXT NOT NULL,
    status BIGINT NOT NULL,
    info TEXT NOT NULL,
    at_us BIGINT NOT NULL,                 -- its own time
    PRIMARY KEY (cell, order_id, cursor, position)
);

CREATE TABLE parcel (
    cell BIGINT NOT NULL,
    pickup BIGINT NOT NULL,                -- the order's id
    waybill TEXT NOT NULL,
    centre BIGINT NOT NULL,
    size TEXT NOT NULL CHECK (size IN ('S', 'M', 'L')),
    state TEXT NOT NULL CHECK (state IN ('picking', 'ready', 'in_locker', 'attention', 'collected', 'overdue', 'back_to_stock')),
    identity_salt TEXT NOT NULL,
    identity_digest TEXT NOT NULL,
    buyer_masked TEXT NOT NULL,
    slip_no TEXT,
    ticket TEXT,
    not_after_us BIGINT,
    kiosk_id TEXT,
    door BIGINT,
    ready_us BIGINT,
    stored_us BIGINT,
    collected_us BIGINT,
    PRIMARY KEY (cell, pickup),
    UNIQUE (cell, waybill)
);

CREATE TABLE door (                        -- a door is in this table while something is reserved for it or in it
    cell BIGINT NOT NULL,
    kiosk_id TEXT NOT NULL,
    door BIGINT NOT NULL,
    pickup BIGINT NOT NULL,
    request_id TEXT NOT NULL,
    reserved_us BIGINT NOT NULL,
    stored BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (cell, kiosk_id, door),
    UNIQUE (cell, pickup),
    UNIQUE (cell, request_id)
);

CREATE TABLE kiosk (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    centre BIGINT NOT NULL REFERENCES centre (number),
    certificate TEXT UNIQUE,               -- SHA-256 of the client certificate, hex
    revoked BIGINT NOT NULL DEFAULT 0,
    manifest_sequence BIGINT NOT NULL DEFAULT 0,
    enrolled_us BIGINT
);

CREATE TABLE enrolment (                   -- one-time codes
    secret_digest TEXT NOT NULL PRIMARY KEY,
    kiosk_id TEXT NOT NULL REFERENCES kiosk (id),
    expires_us BIGINT NOT NULL,
    used_us BIGINT
);

CREATE TABLE staff (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    centre BIGINT NOT NULL REFERENCES centre (number),
    badge_digest TEXT NOT NULL UNIQUE,
    revoked BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE api_key (
    digest TEXT NOT NULL PRIMARY KEY,
    merchant TEXT NOT NULL,
    revoked BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE grants (
    cell BIGINT NOT NULL,
    id TEXT NOT NULL,                      -- made by the kiosk
    pickup BIGINT NOT NULL,
    kiosk_id TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (cell, id)
);

CREATE TABLE handover (                    -- every report of a kiosk, also those that contradict what is known here
    cell BIGINT NOT NULL,
    id TEXT NOT NULL,                      -- made by the kiosk
    pickup BIGINT NOT NULL,
    kiosk_id TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    body TEXT NOT NULL,                    -- JSON of protocol::kiosk::Handover
    outcome TEXT NOT NULL CHECK (outcome IN ('taken', 'unknown', 'inside', 'conflict')),   -- an unknown one becomes taken or inside
    completed_us BIGINT NOT NULL,
    PRIMARY KEY (cell, id)
);
CREATE UNIQUE INDEX handover_once ON handover (cell, pickup) WHERE outcome = 'taken';   -- handed over once
CREATE INDEX handover_pickup ON handover (cell, pickup);

CREATE TABLE request (                     -- other ids made by callers: a repeat gets the first answer
    cell BIGINT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,                    -- verdict, plan, deposit, resolution, …
    caller TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (cell, id)
);

CREATE TABLE trail (
    cell BIGINT NOT NULL,
    seq BIGINT NOT NULL,                   -- 1, 2, 3, … without gaps in each cell
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,                   -- shop:<merchant>, customs, kiosk:<name>, staff:<name>, system
    kind TEXT NOT NULL,                    -- see trail::Kind
    entity TEXT NOT NULL,                  -- order id, copNo, pickup number, …; see trail::Kind
    state TEXT NOT NULL,                   -- the state it is in from now on
    body TEXT NOT NULL,                    -- JSON with what else matters; never an identity number
    hash TEXT NOT NULL,                    -- SHA-256 over all of the above and the hash of the row before
    PRIMARY KEY (cell, seq)
);
CREATE INDEX message_due ON message (cell, next_us) WHERE sent_us IS NULL;
CREATE INDEX declaration_batch ON declaration (cell, batch) WHERE batch IS NOT NULL;
CREATE INDEX parcel_kiosk ON parcel (cell, kiosk_id, state) WHERE kiosk_id IS NOT NULL;
