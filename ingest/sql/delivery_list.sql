-- All deliveries that were pulled, by number. Called by ingest/delivery.c.
--   ->  delivery int4, feed text, source text, sender text, period int4, status text, state text, bytes int8,
--       content bytea, load int4, is due bool, has archive bool, needs opening bool, is signed bool, seen timestamptz
SELECT d.delivery_id, d.feed, d.source, d.sender, d.period, d.status, d.state, d.bytes, d.content, d.load_id, d.is_due,
       d.has_archive, d.needs_opening, d.is_signed, d.seen_at
  FROM ingest.delivery_list() AS d
