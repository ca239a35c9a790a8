-- Times are microseconds since 1970 in UTC, money is in fen, quantities are in 1/100,000, booleans are 0 or 1.
-- Only BIGINT, INT, TEXT and BLOB, so that one text serves other engines later.

CREATE TABLE setting (                     -- one row per thing the backend made for itself at first start
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE centre (
    number INT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL                     -- JSON of domain::centre::Centre
);

CREATE TABLE product (
    sku TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,                    -- JSON of domain::goods::Product
    picture TEXT NOT NULL                  -- SVG
);

-- Stock line, buyer's calendar year, tax guarantee: one shape (design: hold -> post | void | expire).
-- kind 'stock': key = book/record number, amounts are quantities; 'buyer': key = identity digest/year, fen; 'guarantee': fen.
CREATE TABLE account (
    kind TEXT NOT NULL CHECK (kind IN ('stock', 'buyer', 'guarantee')),
    key TEXT NOT NULL,
    lim BIGINT NOT NULL,
    held BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    used BIGINT NOT NULL DEFAULT 0 CHECK (used >= 0),
    valid_from_us BIGINT,                  -- guarantee only
    valid_until_us BIGINT,
    PRIMARY KEY (kind, key),
    CHECK (held + used <= lim)
);

CREATE TABLE hold (
    order_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (state IN ('held', 'posted', 'voided', 'expired')),
    expires_us BIGINT NOT NULL,
    PRIMARY KEY (order_id, kind, key),
    FOREIGN KEY (kind, key) REFERENCES account (kind, key)
);

CREATE TABLE orders (
    id TEXT NOT NULL PRIMARY KEY,          -- UUID v7 made by the backend
    merchant TEXT NOT NULL,                -- whose API key placed it
    order_no TEXT NOT NULL,
    body_digest TEXT NOT NULL,             -- SHA-256 of the canonical request: a repeat must be the same
    body BLOB NOT NULL,                    -- AES-256-GCM of the request JSON (names, phone, identity number)
    buyer_key TEXT NOT NULL,               -- keyed digest of the identity number
    centre INT NOT NULL REFERENCES centre (number),
    total_fen BIGINT NOT NULL CHECK (total_fen >= 0),
    state TEXT NOT NULL CHECK (state IN ('placed', 'paid', 'matched', 'cleared', 'fulfilled', 'cancelled', 'returned', 'refused')),
    verdict TEXT,                          -- JSON of the verdict with every reason and the tax of each line
    refund TEXT CHECK (refund IN ('due', 'done')),
    placed_us BIGINT NOT NULL,
    UNIQUE (merchant, order_no)
);

CREATE TABLE payment (
    order_id TEXT NOT NULL PRIMARY KEY REFERENCES orders (id),
    transaction_id TEXT NOT NULL UNIQUE,
    body_digest TEXT NOT NULL,
    body BLOB NOT NULL,                    -- AES-256-GCM of the request JSON
    amount_fen BIGINT NOT NULL,
    answer TEXT,                           -- JSON as answered, given again on a repeat
    paid_us BIGINT NOT NULL
);

CREATE TABLE declaration (
    order_id TEXT NOT NULL PRIMARY KEY REFERENCES orders (id),   -- at most one live declaration per order
    cop_no TEXT NOT NULL UNIQUE,
    waybill TEXT NOT NULL UNIQUE,
    guid_order TEXT NOT NULL UNIQUE,
    guid_waybill TEXT NOT NULL UNIQUE,
    guid_list TEXT NOT NULL UNIQUE,
    pre_no TEXT,
    invt_no TEXT,
    state TEXT NOT NULL CHECK (state IN ('drafted', 'sent', 'accepted', 'released', 'review', 'inspected', 'rejected', 'exception', 'cancelled', 'refunded', 'closed')),
    state_time TEXT NOT NULL DEFAULT '',   -- the receipt's own time (17 digits) that set the state
    facts TEXT NOT NULL,                   -- JSON of what is declared, without identity numbers
    tax_fen BIGINT NOT NULL CHECK (tax_fen >= 0),
    released_us BIGINT,
    drafted_us BIGINT NOT NULL
);

CREATE TABLE message (                     -- messages to customs exactly as signed, and their sending
    id TEXT NOT NULL PRIMARY KEY,          -- stable message id: sending twice changes nothing
    order_id TEXT NOT NULL REFERENCES orders (id),
    kind TEXT NOT NULL,                    -- CEB311Message, CEB511Message, CEB621Message
    body BLOB,                             -- AES-256-GCM (context message/<id>) of the XML: it carries the identity number; NULL until built and signed
    attempts INT NOT NULL DEFAULT 0,
    next_us BIGINT NOT NULL,               -- when to try (again)
    sent_us BIGINT,
    UNIQUE (order_id, kind)
);

CREATE TABLE receipt (
    cursor BIGINT NOT NULL PRIMARY KEY,    -- the gateway's cursor: applied once
    kind TEXT NOT NULL,
    order_id TEXT,                         -- NULL when it belongs to nothing known here
    body BLOB NOT NULL,
    received_us BIGINT NOT NULL
);

CREATE TABLE parcel (
    pickup INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    order_id TEXT NOT NULL UNIQUE REFERENCES orders (id),
    waybill TEXT NOT NULL UNIQUE,
    centre INT NOT NULL,
    size TEXT NOT NULL CHECK (size IN ('S', 'M', 'L')),
    state TEXT NOT NULL CHECK (state IN ('picking', 'ready', 'in_locker', 'attention', 'collected', 'overdue', 'back_to_stock')),
    identity_salt TEXT NOT NULL,
    identity_digest TEXT NOT NULL,
    buyer_masked TEXT NOT NULL,
    contents TEXT NOT NULL,                -- JSON of parcels::Contents: what the kiosk shows and the slip says
    slip_no TEXT UNIQUE,
    ticket TEXT,
    not_after_us BIGINT,
    kiosk_id TEXT,
    door INT,
    ready_us BIGINT,
    stored_us BIGINT,
    collected_us BIGINT
);

CREATE TABLE door (                        -- a door is in this table while something is reserved for it or in it
    kiosk_id TEXT NOT NULL REFERENCES kiosk (id),
    door INT NOT NULL,
    pickup BIGINT NOT NULL UNIQUE REFERENCES parcel (pickup),
    request_id TEXT NOT NULL UNIQUE,
    reserved_us BIGINT NOT NULL,
    stored INT NOT NULL DEFAULT 0,
    PRIMARY KEY (kiosk_id, door)
);

CREATE TABLE kiosk (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    centre INT NOT NULL REFERENCES centre (number),
    certificate TEXT UNIQUE,               -- SHA-256 of the client certificate, hex
    revoked INT NOT NULL DEFAULT 0,
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
    centre INT NOT NULL REFERENCES centre (number),
    badge_digest TEXT NOT NULL UNIQUE,
    revoked INT NOT NULL DEFAULT 0
);

CREATE TABLE api_key (
    digest TEXT NOT NULL PRIMARY KEY,
    merchant TEXT NOT NULL,
    revoked INT NOT NULL DEFAULT 0
);

CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,          -- made by the kiosk
    pickup BIGINT NOT NULL REFERENCES parcel (pickup),
    kiosk_id TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    at_us BIGINT NOT NULL
);

CREATE TABLE handover (                    -- every report of a kiosk, also those that contradict what is known here
    id TEXT NOT NULL PRIMARY KEY,          -- made by the kiosk
    pickup BIGINT NOT NULL REFERENCES parcel (pickup),
    kiosk_id TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    body TEXT NOT NULL,                    -- JSON of protocol::kiosk::Handover
    outcome TEXT NOT NULL CHECK (outcome IN ('taken', 'unknown', 'inside', 'conflict')),   -- an unknown one becomes taken or inside
    completed_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX handover_once ON handover (pickup) WHERE outcome = 'taken';   -- handed over once

CREATE TABLE request (                     -- other ids made by callers: a repeat gets the first answer
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,                    -- verdict, plan, deposit, resolution, …
    caller TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    at_us BIGINT NOT NULL
);

CREATE TABLE trail (
    seq INTEGER NOT NULL PRIMARY KEY,      -- 1, 2, 3, … without gaps
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,                   -- shop:<merchant>, customs, kiosk:<name>, staff:<name>, system
    kind TEXT NOT NULL,                    -- see trail::Kind
    entity TEXT NOT NULL,                  -- order id, copNo, pickup number, …; see trail::Kind
    state TEXT NOT NULL,                   -- the state it is in from now on
    body TEXT NOT NULL,                    -- JSON with what else matters; never an identity number
    previous TEXT NOT NULL,                -- hash of the row before
    hash TEXT NOT NULL UNIQUE              -- SHA-256 over all of the above
);
CREATE INDEX trail_entity ON trail (kind, entity, seq);
CREATE INDEX orders_buyer ON orders (buyer_key);
CREATE INDEX message_due ON message (next_us) WHERE sent_us IS NULL;
CREATE INDEX parcel_kiosk ON parcel (kiosk_id, state);
