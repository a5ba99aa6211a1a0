-- The database container's own superuser has no password, so nobody comes in by it over the network.
--
-- The image wants one to begin with. This runs after roles.sql, by its name, and inside the container
-- `psql -U postgres` still works. It is not for a PostgreSQL of your own.
ALTER ROLE postgres PASSWORD NULL;
