-- The edges: receipts of several ports numbered in one row, payment data that customs may ask for, and what was tried with the
-- payment company.

CREATE TABLE inbox (                       -- receipts as ports gave them, in one growing row for all ports
    cell BIGINT NOT NULL,
    cursor BIGINT NOT NULL,
    port TEXT NOT NULL,                    -- customs office
    source TEXT NOT NULL,                  -- what the port calls it: taken once
    kind TEXT NOT NULL,
    body BLOB,                             -- AES-256-GCM (context inbox/<port>/<source>) of the compressed XML; empty once applied
    got_us BIGINT NOT NULL,
    PRIMARY KEY (cell, cursor),
    UNIQUE (cell, port, source)
);

CREATE INDEX inbox_open ON inbox (cell, cursor) WHERE body IS NOT NULL;

CREATE TABLE port_mark (                   -- how far a port was read
    cell BIGINT NOT NULL,
    port TEXT NOT NULL,
    mark TEXT NOT NULL,
    PRIMARY KEY (cell, port)
){keyed};

CREATE TABLE payment_raw (                 -- request and response of a payment exactly as exchanged with the payment company
    cell BIGINT NOT NULL,
    transaction_id TEXT NOT NULL,
    digest TEXT NOT NULL,                  -- keyed digest: a repeat must be the same
    body BLOB NOT NULL,                    -- AES-256-GCM (context payment-raw/<transaction_id>) of plat_data::raw::Raw as JSON
    kept_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,              -- kept until then, at least three years
    PRIMARY KEY (cell, transaction_id)
);
CREATE INDEX payment_raw_until ON payment_raw (cell, until_us);

CREATE TABLE pay_query (                   -- queries of customs for payment data and the answer to each
    cell BIGINT NOT NULL,
    session TEXT NOT NULL,                 -- customs' id of the query: answered once
    order_no TEXT NOT NULL,
    order_id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'failed')),
    upload BLOB,                           -- AES-256-GCM (context pay-query/<session>) of the signed upload, byte for byte
    attempts BIGINT NOT NULL DEFAULT 0,
    next_us BIGINT NOT NULL,
    asked_us BIGINT NOT NULL,
    done_us BIGINT,
    said TEXT NOT NULL DEFAULT '',         -- what customs answered last, or why nothing was sent
    until_us BIGINT NOT NULL,
    PRIMARY KEY (cell, session)
);
CREATE INDEX pay_query_open ON pay_query (cell, next_us) WHERE state = 'open';
CREATE INDEX pay_query_order ON pay_query (cell, order_id);
CREATE INDEX pay_query_until ON pay_query (cell, until_us);

CREATE TABLE payback_try (                 -- how far a payback was taken to the payment company
    cell BIGINT NOT NULL,
    id TEXT NOT NULL,                      -- payback.id
    number TEXT NOT NULL,                  -- refund number: the same however often it is asked
    attempts BIGINT NOT NULL DEFAULT 0,
    next_us BIGINT NOT NULL,
    said TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (cell, id),
    UNIQUE (cell, number)
);

CREATE TABLE pay_declaration (             -- what the payment company was asked to declare to customs, and how that stands
    cell BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'submitted', 'accepted', 'rejected')),
    attempts BIGINT NOT NULL DEFAULT 0,
    next_us BIGINT NOT NULL,
    said TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (cell, order_id)
);
CREATE INDEX pay_declaration_open ON pay_declaration (cell, next_us) WHERE state IN ('due', 'submitted');
