-- What staff do at a kiosk: PINs of badges, doors opened with a reason, parcels that waited too long, slips that are owed.

ALTER TABLE staff ADD COLUMN pin TEXT;                              -- salt$argon2id of the keyed digest, hex
ALTER TABLE staff ADD COLUMN pin_tries BIGINT NOT NULL DEFAULT 0;   -- tries since the last good one
ALTER TABLE staff ADD COLUMN pin_locked_us BIGINT;                  -- locked until then

CREATE TABLE opening (                     -- doors that staff opened, or were told they may
    cell BIGINT NOT NULL,
    id TEXT NOT NULL,                      -- made by the kiosk
    kiosk_id TEXT NOT NULL,
    door BIGINT NOT NULL,
    pickup BIGINT,                         -- what lay behind it
    purpose TEXT NOT NULL,                 -- protocol::work::Purpose
    staff TEXT NOT NULL,                   -- who, and the second person where one was needed
    second TEXT,
    state TEXT NOT NULL,                   -- granted, or protocol::work::OpeningOutcome
    at_us BIGINT NOT NULL,
    PRIMARY KEY (cell, id)
);
CREATE INDEX opening_open ON opening (cell, kiosk_id) WHERE state = 'granted';

CREATE INDEX parcel_waits ON parcel (cell, not_after_us) WHERE state IN ('ready', 'in_locker');

ALTER TABLE handover ADD COLUMN slip_owed BIGINT NOT NULL DEFAULT 0;   -- handed over, and no slip came out
CREATE INDEX handover_slip_owed ON handover (cell, kiosk_id) WHERE slip_owed = 1;
