-- Once per service, in its own database, as the master user.
CREATE ROLE river_levels_owner NOLOGIN;     -- owns what migrations make
CREATE ROLE river_levels_rw LOGIN;          -- the loader
CREATE ROLE river_levels_transform LOGIN;   -- dbt
CREATE ROLE river_levels_ro NOLOGIN;        -- people and BI are members

-- The master user is no superuser: it manages only what it belongs to.
GRANT river_levels_owner, river_levels_transform TO CURRENT_USER;

-- By default everybody may connect, and in old databases create in public.
REVOKE ALL ON DATABASE river_levels FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE river_levels TO river_levels_ro;
GRANT CONNECT, TEMPORARY ON DATABASE river_levels TO river_levels_rw;

-- Migrations make raw and ops; dbt makes staging, marts and its others.
GRANT CONNECT, CREATE ON DATABASE river_levels TO river_levels_owner;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE river_levels
TO river_levels_transform;
CREATE SCHEMA serving AUTHORIZATION river_levels_transform;
GRANT USAGE ON SCHEMA serving TO river_levels_ro;

-- dbt brings no guards of its own.
ALTER ROLE river_levels_transform SET statement_timeout = '60min';
ALTER ROLE river_levels_transform SET lock_timeout = '5min';
