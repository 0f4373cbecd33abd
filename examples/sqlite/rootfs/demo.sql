-- SPDX-License-Identifier: BSD-2-Clause
-- Adds a shelf of books to the database it is run on, and asks about it. Nothing here depends on
-- the time, on chance, or on how SQLite was built.
PRAGMA journal_mode = DELETE;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS runs(id INTEGER PRIMARY KEY, note TEXT);
INSERT INTO runs(note) VALUES('opened');
SELECT 'run', count(*) FROM runs;

DROP TABLE IF EXISTS book;
CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT NOT NULL, year INT, price REAL, data BLOB);
CREATE INDEX book_year ON book(year, title);

BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO book SELECT i, printf('Book %05d', (i * 7919) % 2003), 1500 + (i * 37) % 500,
	round((i * 31 % 1000) / 7.0, 2), zeroblob(i % 300) FROM n;
COMMIT;
SELECT 'books', count(*), sum(length(data)), round(sum(price), 2), min(title), max(year) FROM book;

-- A transaction that is given up leaves nothing.
BEGIN;
DELETE FROM book WHERE id % 2;
UPDATE book SET title = upper(title);
SELECT 'inside', count(*), max(title) FROM book;
ROLLBACK;
SELECT 'after', count(*), max(title) FROM book;

-- One part of it, too.
BEGIN;
DELETE FROM book WHERE year < 1600;
SAVEPOINT more;
DELETE FROM book WHERE year < 1900;
ROLLBACK TO more;
COMMIT;
SELECT 'kept', count(*), min(year) FROM book;

SELECT 'decade', year / 100 AS century, count(*), round(avg(price), 3)
	FROM book GROUP BY century ORDER BY century;
SELECT 'rank', title, year, rank() OVER (PARTITION BY year / 100 ORDER BY price DESC, id) AS r
	FROM book ORDER BY r, year, title LIMIT 5;
SELECT 'self', count(*) FROM book a JOIN book b ON a.year = b.year AND a.id < b.id;
SELECT 'json', json_group_array(title) FROM (SELECT title FROM book ORDER BY title LIMIT 3);
SELECT 'unicode', length('Bücherregal 書棚'), hex(substr('書棚', 2)), 'straße' LIKE 'STRAßE';
SELECT 'math', round(sqrt(2), 10), pow(2, 10), 10 / 3, 10 % 3, 7 / 2.0;

CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text);
INSERT INTO words VALUES('the quick brown fox'), ('jumps over'), ('the lazy dog');
SELECT 'found', count(*) FROM words WHERE words MATCH 'the AND (fox OR dog)';
CREATE VIRTUAL TABLE IF NOT EXISTS boxes USING rtree(id, x0, x1, y0, y1);
INSERT OR REPLACE INTO boxes VALUES(1, 0, 10, 0, 10), (2, 5, 15, 5, 15), (3, 20, 30, 20, 30);
SELECT 'boxes', group_concat(id) FROM boxes WHERE x1 >= 8 AND y0 <= 8;

VACUUM;
PRAGMA integrity_check;
SELECT 'pages', page_count > 10 FROM pragma_page_count;
