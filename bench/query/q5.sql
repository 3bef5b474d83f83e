-- Of people with a condition, those with what follows in each of twelve months, by age band, district and sex.
-- All months in one pass: a bit each.
WITH m AS (
    SELECT person, bit_or(CASE WHEN day < -333 THEN 1 WHEN day < -303 THEN 2 WHEN day < -272 THEN 4 WHEN day < -241 THEN 8 WHEN day < -213 THEN 16 WHEN day < -182 THEN 32 WHEN day < -152 THEN 64 WHEN day < -121 THEN 128 WHEN day < -91 THEN 256 WHEN day < -60 THEN 512 WHEN day < -29 THEN 1024 WHEN day < 1 THEN 2048 END) AS bits
      FROM event WHERE code IN (2, 3, 4, 5, 6, 7) AND day BETWEEN -364 AND 0 GROUP BY person
), condition AS (
    SELECT DISTINCT person FROM event
     WHERE code IN (350, 360, 370, 380, 390, 400, 410, 420, 430, 440, 450, 460, 470, 480, 490, 500, 510, 520, 530, 540, 550, 560, 570, 580, 590, 600, 610, 620, 630, 640, 650, 660, 670, 680, 690, 700, 710, 720, 730, 740) AND day <= 0
)
SELECT least((20260930 - birth) / 50000, 18) AS band, district, sex,
       count(*) FILTER (WHERE (m.bits & 1) <> 0),
       count(*) FILTER (WHERE (m.bits & 2) <> 0),
       count(*) FILTER (WHERE (m.bits & 4) <> 0),
       count(*) FILTER (WHERE (m.bits & 8) <> 0),
       count(*) FILTER (WHERE (m.bits & 16) <> 0),
       count(*) FILTER (WHERE (m.bits & 32) <> 0),
       count(*) FILTER (WHERE (m.bits & 64) <> 0),
       count(*) FILTER (WHERE (m.bits & 128) <> 0),
       count(*) FILTER (WHERE (m.bits & 256) <> 0),
       count(*) FILTER (WHERE (m.bits & 512) <> 0),
       count(*) FILTER (WHERE (m.bits & 1024) <> 0),
       count(*) FILTER (WHERE (m.bits & 2048) <> 0)
  FROM person JOIN condition USING (person) JOIN m USING (person)
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
