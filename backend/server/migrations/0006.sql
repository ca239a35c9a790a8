-- The staff console: accounts and their sessions, notes on tasks, and what orders are found by.

CREATE TABLE person (                      -- an account of the console
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('clerk', 'supervisor', 'customs_agent', 'auditor', 'administrator')),
    centres TEXT NOT NULL,                 -- JSON: a list of numbers; empty for every centre
    password TEXT NOT NULL,                -- argon2id, PHC text
    one_time BIGINT NOT NULL,              -- the password was given by somebody else and is to be changed at once
    one_time_until_us BIGINT,              -- and is good until then
    totp BLOB,                             -- AES-256-GCM (context totp/<id>) of the second factor's secret
    totp_on BIGINT NOT NULL DEFAULT 0,     -- whether it was confirmed by a code
    totp_step BIGINT NOT NULL DEFAULT 0,   -- the last step whose code was used: none is used twice
    disabled BIGINT NOT NULL DEFAULT 0,
    made_us BIGINT NOT NULL,
    seen_us BIGINT
);

CREATE TABLE person_recovery (             -- codes for who has lost the second factor; each is good once
    digest TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL
);

CREATE TABLE session (                     -- who is signed in, found by a keyed digest of the cookie
    digest TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,                      -- names it on pages
    person TEXT NOT NULL,
    passed BIGINT NOT NULL,                -- 0 while the second factor is still to be shown
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    began_us BIGINT NOT NULL,
    seen_us BIGINT NOT NULL
);
CREATE INDEX session_person ON session (person);

CREATE TABLE sign_in_failure (             -- of an account or an address, since the last success
    key TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_us BIGINT NOT NULL,
    wait_until_us BIGINT NOT NULL
);

ALTER TABLE task ADD COLUMN assigned TEXT; -- name of the account that sees to it

CREATE TABLE task_note (
    cell BIGINT NOT NULL,
    task BIGINT NOT NULL,
    position BIGINT NOT NULL,              -- from 1
    author TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (cell, task, position)
);

CREATE TABLE order_find (                  -- follows the trail: what orders are found and counted by
    cell BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    centre BIGINT NOT NULL,
    tail TEXT NOT NULL,                    -- keyed digest of the telephone's last four digits
    name TEXT NOT NULL,                    -- keyed digest of the buyer's name
    live TEXT,                             -- state of the declaration while customs has not ended it
    parcel TEXT,                           -- state of the parcel while it is not collected or gone
    placed_us BIGINT NOT NULL,
    cleared_us BIGINT,
    released_us BIGINT,
    stored_us BIGINT,
    collected_us BIGINT,
    PRIMARY KEY (cell, order_id)
){keyed};
CREATE INDEX order_find_tail ON order_find (cell, tail, order_id);
CREATE INDEX order_find_name ON order_find (cell, name, order_id);
CREATE INDEX order_find_placed ON order_find (cell, placed_us);
CREATE INDEX order_find_live ON order_find (cell, live) WHERE live IS NOT NULL;
CREATE INDEX order_find_parcel ON order_find (cell, parcel) WHERE parcel IS NOT NULL;
CREATE INDEX order_find_released ON order_find (cell, released_us) WHERE released_us IS NOT NULL;
CREATE INDEX order_find_stored ON order_find (cell, stored_us) WHERE stored_us IS NOT NULL;
CREATE INDEX order_find_collected ON order_find (cell, collected_us) WHERE collected_us IS NOT NULL;

CREATE TABLE order_trail (                 -- which rows of the trail are of which order
    cell BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (cell, order_id, seq)
){keyed};

CREATE TABLE finder (                      -- how far it followed
    cell BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL
);

CREATE INDEX trail_account ON trail (cell, seq) WHERE actor >= 'account:' AND actor < 'account;';
