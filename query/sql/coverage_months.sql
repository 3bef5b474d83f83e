-- What a release holds of sources, from the first month of each up to its own, delivered or not. Missing are those who
-- sent an earlier month and not this one; who they are is known only of sources whose months are not replaced by later
-- deliveries. Nobody awaits a practice that has closed before the month. Called by query/coverage.c.
-- $1 release_id int4, $2 sources text[]  ->  source, month, status or null, senders, missing or -1, who is missing,
-- rows, rows linked
SELECT m.source, m.month, c.status, coalesce(c.senders, 0)::int8,
       CASE WHEN s.name IS NULL THEN -1 ELSE absent.count END::int8, CASE WHEN s.name IS NULL THEN '' ELSE absent.names END,
       coalesce(c.rows, 0)::int8, coalesce(round(c.rows * c.match_rate), 0)::int8
  FROM (SELECT f.source, generate_series(f.first, r.month) AS month
          FROM (SELECT v.source, min(v.month) AS first FROM release.coverage AS v
                 WHERE v.release_id = $1::int4 AND v.source = ANY ($2::text[]) GROUP BY v.source) AS f,
               release.release AS r
         WHERE r.release_id = $1::int4) AS m
  LEFT JOIN release.coverage AS c ON c.release_id = $1::int4 AND c.source = m.source AND c.month = m.month
  LEFT JOIN ingest.source AS s ON s.name = m.source AND s.update_mode = 'replace_by_period'
 CROSS JOIN LATERAL (
        SELECT count(e.sender) AS count, coalesce(string_agg(e.sender, ' ' ORDER BY e.sender), '') AS names
          FROM (SELECT t.sender FROM release.sent AS t
                 WHERE t.release_id = $1::int4 AND t.source = m.source AND t.month < m.month
                   AND NOT EXISTS (SELECT FROM release.closed AS k
                                    WHERE k.release_id = t.release_id AND k.practice = t.sender AND k.month < m.month)
                EXCEPT
                SELECT t.sender FROM release.sent AS t
                 WHERE t.release_id = $1::int4 AND t.source = m.source AND t.month = m.month) AS e) AS absent
 ORDER BY m.source, m.month;
