-- Two roles for one database: `campaigns_owner` owns and migrates it, `campaigns` reads and writes.
--
-- Run once by psql as a superuser, in a new and empty database. The passwords are in OWNER_PASSWORD
-- and WRITER_PASSWORD, or in the files that OWNER_PASSWORD_FILE and WRITER_PASSWORD_FILE name.
-- Which rows may only be added is said after each `migrate` (trail/append_only.py).
\set ON_ERROR_STOP on
\set owner_password `[ -n "$OWNER_PASSWORD_FILE" ] && cat "$OWNER_PASSWORD_FILE" || printf %s "$OWNER_PASSWORD"`
\set writer_password `[ -n "$WRITER_PASSWORD_FILE" ] && cat "$WRITER_PASSWORD_FILE" || printf %s "$WRITER_PASSWORD"`

CREATE ROLE campaigns_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE campaigns LOGIN PASSWORD :'writer_password';

ALTER DATABASE :"DBNAME" OWNER TO campaigns_owner;
ALTER SCHEMA public OWNER TO campaigns_owner;
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"DBNAME" TO campaigns;
GRANT USAGE ON SCHEMA public TO campaigns;

ALTER DEFAULT PRIVILEGES FOR ROLE campaigns_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO campaigns;
ALTER DEFAULT PRIVILEGES FOR ROLE campaigns_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO campaigns;

-- After a large import the tables' statistics are gathered at once; PostgreSQL 16 and older leave
-- that to its own autovacuum.
SELECT current_setting('server_version_num')::int >= 170000 AS knows_maintain \gset
\if :knows_maintain
ALTER DEFAULT PRIVILEGES FOR ROLE campaigns_owner IN SCHEMA public
    GRANT MAINTAIN ON TABLES TO campaigns;
\endif
