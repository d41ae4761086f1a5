-- The magnitude that the map's colours end at by themselves; null for an empty map, and before there was this column.
ALTER TABLE explanation ADD COLUMN scale REAL CHECK (scale IS NULL OR scale > 0);
-- What the regions of an explanation mean; all null where that was not examined, as before there was this column.
ALTER TABLE explanation ADD COLUMN regions TEXT CHECK (regions IS NULL OR state = 'ready');
ALTER TABLE explanation ADD COLUMN counterfactual TEXT CHECK (counterfactual IS NULL OR regions IS NOT NULL);
ALTER TABLE explanation ADD COLUMN counterfactual_picture TEXT
    CHECK ((counterfactual IS NULL) = (counterfactual_picture IS NULL));
