# 100,000 inserts on the disk, in transactions that are written through.
set -e
file=/root/programs.db
rm -f $file*
sqlite3 -batch $file <<'SQL'
.bail on
PRAGMA journal_mode = DELETE;
PRAGMA synchronous = FULL;
PRAGMA page_size = 8192;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, value REAL, part BLOB);
CREATE INDEX item_name ON item(name);
SQL
batch=0
while [ $batch -lt 10 ]; do
  awk -v batch=$batch 'BEGIN {
    print "BEGIN;"
    for (i = batch * 10000; i < (batch + 1) * 10000; i++)
      printf "INSERT INTO item VALUES(%d, \047name %d\047, %d / 1024.0 * %d.25, x\047%08x\047);\n",
        i, i * 7919 % 100003, i % 997, i % 89, i
    print "COMMIT;"
  }' | sqlite3 -batch -bail $file
  batch=$((batch + 1))
done
sqlite3 -batch -bail $file <<'SQL'
PRAGMA integrity_check;
SELECT count(*), count(DISTINCT name), min(name), max(name) FROM item;
SELECT printf('%.17g', sum(value)), printf('%.17g', avg(value)), printf('%!.17g', total(value * value)) FROM item;
SELECT id, name, value, hex(part) FROM item WHERE id % 9973 = 0 ORDER BY id;
SELECT value, count(*) FROM item GROUP BY value ORDER BY count(*) DESC, value LIMIT 10;
SELECT round(exp(value / 1000.0), 9), sqrt(value), ln(value + 1), sin(value), atan2(value, 3) FROM item WHERE id % 19997 = 1;
UPDATE item SET value = -value WHERE name LIKE '%7';
DELETE FROM item WHERE id % 3 = 0;
SELECT count(*), printf('%.17g', sum(value)) FROM item;
VACUUM;
PRAGMA integrity_check;
SQL
sync
rm $file
