-- What the reports count, kept by day, so that a report reads a few rows however many orders there are.

CREATE TABLE day_figure (                  -- follows the trail with order_find
    cell BIGINT NOT NULL,
    centre BIGINT NOT NULL,
    day BIGINT NOT NULL,                   -- days since 1970-01-01, as China counts them
    placed BIGINT NOT NULL DEFAULT 0,
    filed BIGINT NOT NULL DEFAULT 0,
    released BIGINT NOT NULL DEFAULT 0,
    stored BIGINT NOT NULL DEFAULT 0,
    collected BIGINT NOT NULL DEFAULT 0,
    tax_fen BIGINT NOT NULL DEFAULT 0,     -- of the declarations released on the day
    PRIMARY KEY (cell, centre, day)
);

INSERT INTO day_figure (cell, centre, day, placed, filed, released, stored, collected, tax_fen)
SELECT cell, centre, (at_us + 28800000000) / 86400000000, CAST(SUM(placed) AS BIGINT), CAST(SUM(filed) AS BIGINT),
    CAST(SUM(released) AS BIGINT), CAST(SUM(stored) AS BIGINT), CAST(SUM(collected) AS BIGINT), CAST(SUM(tax_fen) AS BIGINT)
FROM (
    SELECT cell, centre, placed_us AS at_us, 1 AS placed, 0 AS filed, 0 AS released, 0 AS stored, 0 AS collected, 0 AS tax_fen
    FROM order_find
    UNION ALL SELECT cell, centre, cleared_us, 0, 1, 0, 0, 0, 0 FROM order_find WHERE cleared_us IS NOT NULL
    UNION ALL SELECT f.cell, f.centre, f.released_us, 0, 0, 1, 0, 0, d.tax_fen
    FROM order_find f JOIN declaration d ON d.cell = f.cell AND d.order_id = f.order_id WHERE f.released_us IS NOT NULL
    UNION ALL SELECT cell, centre, stored_us, 0, 0, 0, 1, 0, 0 FROM order_find WHERE stored_us IS NOT NULL
    UNION ALL SELECT cell, centre, collected_us, 0, 0, 0, 0, 1, 0 FROM order_find WHERE collected_us IS NOT NULL
) AS happened
GROUP BY cell, centre, (at_us + 28800000000) / 86400000000;
