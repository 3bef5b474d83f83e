-- Rows whose controller has no agreement: refused while the rest of a delivery loads, counted, never stored. Which
-- sources have such a column says the spec (ingest.source.controller_column), for which senders it counts the
-- agreement (governance.agreement.each_controller).
SET LOCAL ROLE cinque_owner;

-- Without a row: the sender answers for every row. Else each registered organisation, with whether it has a current
-- agreement of its own for the source; so a code that is not there is refused as well.
CREATE FUNCTION ingest.controller_list(permit bytea, wanted int4) RETURNS TABLE (controller text, is_allowed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held ingest.load := ingest.load_claim(permit, wanted);
    source_name text := (SELECT s.name FROM ingest.source AS s WHERE s.source_id = held.source_id);
BEGIN
    IF governance.needs_each_controller(held.sender, source_name, NULL) THEN
        RETURN QUERY SELECT s.supplier, governance.agreement_is_current(s.supplier, source_name, NULL)
                       FROM governance.supplier AS s WHERE s.ended_on IS NULL;
    END IF;
END $$;

CREATE FUNCTION ingest.controller_keep(permit bytea, wanted int4, codes text[], counts int8[], others int8) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM ingest.load_claim(permit, wanted);
    INSERT INTO ingest.load_refused (load_id, controller, row_count)
    SELECT wanted, s.supplier, c.row_count
      FROM unnest(codes, counts) AS c (code, row_count)
      JOIN governance.supplier AS s ON s.supplier = c.code
    UNION ALL
    SELECT wanted, NULL, others WHERE others > 0;
    RETURN (SELECT coalesce(sum(r.row_count), 0)::int8 FROM ingest.load_refused AS r WHERE r.load_id = wanted);
END $$;

-- Of one load, most rows first; null: of codes that no registered organisation has.
CREATE FUNCTION ingest.refused_list(wanted int4) RETURNS TABLE (controller text, row_count int8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.controller, r.row_count FROM ingest.load_refused AS r WHERE r.load_id = wanted
     ORDER BY r.row_count DESC, r.controller
$$;

REVOKE ALL ON FUNCTION ingest.controller_list(bytea, int4), ingest.controller_keep(bytea, int4, text[], int8[], int8),
    ingest.refused_list(int4) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.controller_list(bytea, int4),
    ingest.controller_keep(bytea, int4, text[], int8[], int8), ingest.refused_list(int4) TO cinque_loader;

RESET ROLE;
