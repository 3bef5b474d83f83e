-- People by age band, district and sex; those with a condition ever; of them those with what follows within a year.
-- Days count back from the last one, 0. One pass over a covering index.
WITH seen AS (
    SELECT person, 1 AS bits FROM event
     WHERE code IN (350, 360, 370, 380, 390, 400, 410, 420, 430, 440, 450, 460, 470, 480, 490, 500, 510, 520, 530, 540, 550, 560, 570, 580, 590, 600, 610, 620, 630, 640, 650, 660, 670, 680, 690, 700, 710, 720, 730, 740) AND day <= 0
    UNION ALL
    SELECT person, 2 FROM event WHERE code IN (2, 3, 4, 5, 6, 7) AND day BETWEEN -364 AND 0
), marked AS (SELECT person, bit_or(bits) AS bits FROM seen GROUP BY person)
SELECT least((20260930 - birth) / 50000, 18) AS band, district, sex, count(*),
       count(*) FILTER (WHERE (bits & 1) = 1), count(*) FILTER (WHERE bits = 3)
  FROM person LEFT JOIN marked USING (person)
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
