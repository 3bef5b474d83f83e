-- What others publish that queries calculate with: populations, of a name and a day so many people by dimensions,
-- denominators of rates; and prices, of a name and a financial year (its first day) so many pence by code. Nobody's
-- data. A version is added and never changed: what a run took, its output names by day and content.

SET LOCAL ROLE cinque_owner;

CREATE TABLE ingest.published (
    published_id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL CHECK (kind IN ('population', 'prices')),
    name      text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 63),
    day       date NOT NULL,      -- that the numbers are of
    origin    text NOT NULL CHECK (octet_length(origin) BETWEEN 1 AND 200), -- where they are from, in words
    width     int4 NOT NULL CHECK (width BETWEEN 2 AND 7), -- dimensions and the number
    fields    text[] NOT NULL CHECK (cardinality(fields) % width = 0 AND cardinality(fields) > width), -- header first
    content   bytea NOT NULL CHECK (octet_length(content) = 32), -- SHA-256 of the file, the object of its entry in the log
    added     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (kind, name, day, content)
);

CREATE TRIGGER add_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ingest.published
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();

-- The object of the permit is the SHA-256 of the file, in hex.
CREATE FUNCTION ingest.published_put(permit bytea, kind text, file_hash text, name text, day date, origin text,
                                     width int4, fields text[]) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, kind || '_add', file_hash);
    IF EXISTS (SELECT FROM ingest.published AS p
                WHERE (p.kind, p.name, p.day, p.content) = ($2, $4, $5, decode(file_hash, 'hex'))) THEN
        RAISE EXCEPTION '%: this file was added already', kind USING ERRCODE = 'CQ002';
    END IF;
    INSERT INTO ingest.published (kind, name, day, origin, width, fields, content)
    VALUES ($2, $4, $5, $6, $7, $8, decode(file_hash, 'hex'));
    RETURN cardinality(fields) / width - 1;
END $$;

REVOKE ALL ON FUNCTION ingest.published_put(bytea, text, text, text, date, text, int4, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.published_put(bytea, text, text, text, date, text, int4, text[]) TO cinque_loader;
GRANT SELECT ON ingest.published TO cinque_query;

RESET ROLE;
