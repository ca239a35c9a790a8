-- What e-shops build on: keys with scopes, answers kept under idempotency keys, signed webhooks.

ALTER TABLE api_key ADD COLUMN name TEXT NOT NULL DEFAULT '';          -- what the operator calls it
ALTER TABLE api_key ADD COLUMN scopes TEXT NOT NULL DEFAULT 'read,order,after,webhooks';
ALTER TABLE api_key ADD COLUMN made_us BIGINT;
ALTER TABLE api_key ADD COLUMN expires_us BIGINT;                      -- from then on it is nobody's
ALTER TABLE api_key ADD COLUMN used_us BIGINT;                         -- last used, to the minute or so

CREATE TABLE idempotency (                 -- answers to requests that came with an Idempotency-Key
    cell BIGINT NOT NULL,
    merchant TEXT NOT NULL,
    key TEXT NOT NULL,                     -- made by the shop
    digest TEXT NOT NULL,                  -- keyed digest of method, path and body: a repeat must be the same
    status BIGINT NOT NULL,
    answer BLOB NOT NULL,                  -- AES-256-GCM (context idempotency/<merchant>/<key>)
    at_us BIGINT NOT NULL,
    PRIMARY KEY (cell, merchant, key)
);
CREATE INDEX idempotency_at ON idempotency (cell, at_us);

CREATE TABLE webhook_endpoint (            -- where a merchant wants to be told
    cell BIGINT NOT NULL,
    id TEXT NOT NULL,
    merchant TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,                  -- names with commas; empty for all
    secret BLOB NOT NULL,                  -- AES-256-GCM (context webhook/<id>)
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    seq BIGINT NOT NULL,                   -- row of the trail up to which its deliveries are written
    made_us BIGINT NOT NULL,
    failing_us BIGINT,                     -- since when every delivery has failed
    PRIMARY KEY (cell, id)
);

CREATE TABLE webhook_delivery (
    cell BIGINT NOT NULL,
    endpoint TEXT NOT NULL,
    seq BIGINT NOT NULL,                   -- row of the trail: the event's id, the same for ever
    event TEXT NOT NULL,
    order_no TEXT NOT NULL,
    body TEXT NOT NULL,                    -- JSON as posted; speaks of no person
    state TEXT NOT NULL CHECK (state IN ('due', 'done', 'failed')),
    attempts BIGINT NOT NULL DEFAULT 0,
    next_us BIGINT NOT NULL,
    status BIGINT,                         -- last HTTP status
    said TEXT NOT NULL DEFAULT '',         -- why the last try failed
    at_us BIGINT NOT NULL,                 -- when it happened
    done_us BIGINT,
    PRIMARY KEY (cell, endpoint, seq)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (cell, endpoint, next_us) WHERE state = 'due';
