-- What is counted of kiosks by day, so that a plot reads a few rows however often kiosks report.

CREATE TABLE kiosk_day (                   -- only days on which something was amiss
    cell BIGINT NOT NULL,
    day BIGINT NOT NULL,                   -- days since 1970-01-01, as China counts them
    kiosk_id TEXT NOT NULL,
    centre BIGINT NOT NULL,
    no_paper_s BIGINT NOT NULL DEFAULT 0,  -- seconds for which its printer was out of paper
    door_faults BIGINT NOT NULL DEFAULT 0, -- doors that did not open, were left open or ended unclear; lock boards that went silent
    PRIMARY KEY (cell, day, kiosk_id)
);
