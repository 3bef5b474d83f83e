-- Populations that others publish: of a name and a day so many people by dimensions. Denominators of rates; nobody's
-- data. A version is added and never changed: what a run took, its output names by day and content.

SET LOCAL ROLE cinque_owner;

CREATE TABLE ingest.population (
    population_id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 63),
    day       date NOT NULL,      -- that the numbers are of
    origin    text NOT NULL CHECK (octet_length(origin) BETWEEN 1 AND 200), -- where they are from, in words
    width     int4 NOT NULL CHECK (width BETWEEN 2 AND 7), -- dimensions and people
    fields    text[] NOT NULL CHECK (cardinality(fields) % width = 0 AND cardinality(fields) > width), -- header first
    content   bytea NOT NULL CHECK (octet_length(content) = 32), -- SHA-256 of the file, the object of its entry in the log
    added     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (name, day, content)
);

CREATE TRIGGER add_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ingest.population
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();

-- The object of the permit is the SHA-256 of the file, in hex.
CREATE FUNCTION ingest.population_put(permit bytea, file_hash text, name text, day date, origin text, width int4,
                                      fields text[]) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM audit.require(permit, 'population_add', file_hash);
    IF EXISTS (SELECT FROM ingest.population AS p
                WHERE (p.name, p.day, p.content) = ($3, $4, decode(file_hash, 'hex'))) THEN
        RAISE EXCEPTION 'population: this file was added already' USING ERRCODE = 'CQ002';
    END IF;
    INSERT INTO ingest.population (name, day, origin, width, fields, content)
    VALUES ($3, $4, $5, $6, $7, decode(file_hash, 'hex'));
    RETURN cardinality(fields) / width - 1;
END $$;

REVOKE ALL ON FUNCTION ingest.population_put(bytea, text, text, date, text, int4, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.population_put(bytea, text, text, date, text, int4, text[]) TO cinque_loader;
GRANT SELECT ON ingest.population TO cinque_query;

RESET ROLE;
