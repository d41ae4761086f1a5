CREATE TABLE screening (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    patient TEXT,
    laterality TEXT CHECK (laterality IN ('left', 'right'))
) STRICT;

CREATE TABLE photograph (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    screening TEXT NOT NULL REFERENCES screening (id) ON DELETE CASCADE,
    file_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('rejected', 'queued', 'grading', 'graded', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    original TEXT,
    cropped TEXT,
    standardized TEXT,
    facts TEXT,
    finding TEXT,
    CHECK ((state = 'rejected') = (original IS NULL)),
    CHECK ((original IS NULL) = (cropped IS NULL)),
    CHECK ((original IS NULL) = (standardized IS NULL)),
    CHECK ((original IS NULL) = (facts IS NULL)),
    CHECK ((state = 'graded') = (finding IS NOT NULL)),
    CHECK ((state IN ('rejected', 'failed')) = (error IS NOT NULL))
) STRICT;

CREATE INDEX photograph_by_screening ON photograph (screening);
CREATE INDEX photograph_by_state ON photograph (state);

CREATE TABLE explanation (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    photograph TEXT NOT NULL REFERENCES photograph (id) ON DELETE CASCADE,
    method TEXT NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'explaining', 'ready', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    map TEXT,
    height INTEGER,
    width INTEGER,
    completeness TEXT,
    empty INTEGER,
    UNIQUE (photograph, method, target),
    CHECK ((state = 'ready') = (map IS NOT NULL)),
    CHECK ((map IS NULL) = (height IS NULL)),
    CHECK ((map IS NULL) = (width IS NULL)),
    CHECK ((map IS NULL) = (empty IS NULL)),
    CHECK ((state = 'failed') = (error IS NOT NULL))
) STRICT;

CREATE INDEX explanation_by_photograph ON explanation (photograph);
CREATE INDEX explanation_by_state ON explanation (state);
