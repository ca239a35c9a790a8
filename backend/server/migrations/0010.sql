-- What shoppers and staff do from afar: a pickup put off on the phone, doors opened from the console, settings of kiosks by version.

ALTER TABLE basket ADD COLUMN put_offs BIGINT NOT NULL DEFAULT 0;   -- how often its buyer chose another time

CREATE TABLE door_wish (                   -- a door that staff want opened from the console
    cell BIGINT NOT NULL,
    id TEXT NOT NULL,                      -- the opening id the kiosk uses: opened once
    kiosk_id TEXT NOT NULL,
    door BIGINT NOT NULL,
    purpose TEXT NOT NULL,                 -- protocol::work::Purpose
    reason TEXT NOT NULL,                  -- in the asker's words
    asked_by TEXT NOT NULL,                -- name of an account
    second TEXT,                           -- name of the other account that confirmed it
    state TEXT NOT NULL CHECK (state IN ('asked', 'confirmed', 'fetched', 'ended', 'refused', 'withdrawn', 'expired')),
    outcome TEXT,                          -- protocol::work::OpeningOutcome, or why it was refused
    asked_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,              -- not fetched by then, it is never opened
    ended_us BIGINT,
    PRIMARY KEY (cell, id)
);
CREATE INDEX door_wish_kiosk ON door_wish (cell, kiosk_id, asked_us);
CREATE INDEX door_wish_open ON door_wish (cell, until_us) WHERE state IN ('asked', 'confirmed', 'fetched');

CREATE TABLE kiosk_settings (              -- settings that kiosks reported, each time they were others
    cell BIGINT NOT NULL,
    kiosk_id TEXT NOT NULL,
    since_us BIGINT NOT NULL,
    digest TEXT NOT NULL,                  -- SHA-256 of the text
    program TEXT NOT NULL,                 -- version of the program
    body TEXT NOT NULL,                    -- the settings in effect, secrets left out
    PRIMARY KEY (cell, kiosk_id, since_us)
);

-- What every manifest lists of a kiosk's last days, however many parcels it ever had.
CREATE INDEX parcel_collected ON parcel (cell, kiosk_id, collected_us) WHERE collected_us IS NOT NULL;

-- What the page of today counts is read from the indexes alone, however many orders a day has.
DROP INDEX order_find_placed;
DROP INDEX order_find_released;
DROP INDEX order_find_stored;
DROP INDEX order_find_collected;
DROP INDEX order_find_live;
DROP INDEX order_find_parcel;
CREATE INDEX order_find_live ON order_find (cell, live, centre) WHERE live IS NOT NULL;
CREATE INDEX order_find_parcel ON order_find (cell, parcel, centre) WHERE parcel IS NOT NULL;
CREATE INDEX order_find_placed ON order_find (cell, placed_us, centre);
CREATE INDEX order_find_released ON order_find (cell, released_us, centre, cleared_us, placed_us) WHERE released_us IS NOT NULL;
CREATE INDEX order_find_stored ON order_find (cell, stored_us, centre) WHERE stored_us IS NOT NULL;
CREATE INDEX order_find_collected ON order_find (cell, collected_us, centre, cleared_us, placed_us) WHERE collected_us IS NOT NULL;
