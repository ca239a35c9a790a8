-- What is owed of each order, and by day of release: the tax calendar reads a few rows however many orders there are.

ALTER TABLE order_find ADD COLUMN owed_us BIGINT;                       -- when it was released; empty unless it stands
ALTER TABLE order_find ADD COLUMN owed_fen BIGINT NOT NULL DEFAULT 0;   -- tax as computed, less what was returned
ALTER TABLE order_find ADD COLUMN billed BIGINT NOT NULL DEFAULT 0;     -- bills of customs with their amounts
ALTER TABLE order_find ADD COLUMN billed_fen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_find ADD COLUMN paid BIGINT NOT NULL DEFAULT 0;       -- bills already paid
ALTER TABLE order_find ADD COLUMN limit_fen BIGINT NOT NULL DEFAULT 0;  -- what it uses of its buyer's year

ALTER TABLE day_figure ADD COLUMN owing BIGINT NOT NULL DEFAULT 0;      -- declarations that were released on the day and stand
ALTER TABLE day_figure ADD COLUMN owed_fen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE day_figure ADD COLUMN billed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE day_figure ADD COLUMN billed_fen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE day_figure ADD COLUMN paid BIGINT NOT NULL DEFAULT 0;
ALTER TABLE day_figure ADD COLUMN limit_fen BIGINT NOT NULL DEFAULT 0;

UPDATE finder SET seq = 0; -- the trail is followed once more, and what is owed written down by the way
