-- How kiosks stand.

CREATE TABLE kiosk_health (                -- the last report of each kiosk
    cell BIGINT NOT NULL,
    kiosk_id TEXT NOT NULL,
    body TEXT NOT NULL,                    -- pickup_protocol::health::Health as JSON; speaks of no person
    got_us BIGINT NOT NULL,
    PRIMARY KEY (cell, kiosk_id)
){keyed};
