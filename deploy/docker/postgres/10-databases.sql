-- Runs once, when the volume is empty: the roles, databases and schemas that the services expect.
-- The same as deploy/local/databases.py makes for the embedded server, and Temporal's two.
\set ON_ERROR_STOP on
\getenv orgs_owner DANGJIAN_DB_ORGS_OWNER_PASSWORD
\getenv orgs_app DANGJIAN_DB_ORGS_APP_PASSWORD
\getenv workflows_owner DANGJIAN_DB_WORKFLOWS_OWNER_PASSWORD
\getenv workflows_app DANGJIAN_DB_WORKFLOWS_APP_PASSWORD
\getenv notifications_owner DANGJIAN_DB_NOTIFICATIONS_OWNER_PASSWORD
\getenv notifications_app DANGJIAN_DB_NOTIFICATIONS_APP_PASSWORD
\getenv keys_owner DANGJIAN_DB_KEYS_OWNER_PASSWORD
\getenv keys_app DANGJIAN_DB_KEYS_APP_PASSWORD
\getenv temporal DANGJIAN_DB_TEMPORAL_PASSWORD

CREATE ROLE orgs_owner LOGIN NOBYPASSRLS PASSWORD :'orgs_owner';
CREATE ROLE orgs_app LOGIN NOBYPASSRLS PASSWORD :'orgs_app';
CREATE ROLE workflows_owner LOGIN NOBYPASSRLS PASSWORD :'workflows_owner';
CREATE ROLE workflows_app LOGIN NOBYPASSRLS PASSWORD :'workflows_app';
CREATE ROLE notifications_owner LOGIN NOBYPASSRLS PASSWORD :'notifications_owner';
CREATE ROLE notifications_app LOGIN NOBYPASSRLS PASSWORD :'notifications_app';
CREATE ROLE keys_owner LOGIN NOBYPASSRLS PASSWORD :'keys_owner';
CREATE ROLE keys_app LOGIN NOBYPASSRLS PASSWORD :'keys_app';
CREATE ROLE temporal LOGIN NOBYPASSRLS PASSWORD :'temporal';

SELECT format('ALTER ROLE %s_%s SET search_path = %s', service, kind,
              CASE service WHEN 'keys' THEN 'public' ELSE service END)
  FROM unnest(ARRAY['orgs', 'workflows', 'notifications', 'keys']) service,
       unnest(ARRAY['owner', 'app']) kind
\gexec

REVOKE ALL ON DATABASE postgres FROM PUBLIC;
CREATE DATABASE dangjian;
CREATE DATABASE dangjian_keys;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE ALL ON DATABASE dangjian, dangjian_keys, temporal, temporal_visibility FROM PUBLIC;
GRANT CONNECT ON DATABASE dangjian TO orgs_owner, orgs_app, workflows_owner, workflows_app,
  notifications_owner, notifications_app;
GRANT CONNECT ON DATABASE dangjian_keys TO keys_owner, keys_app;

\connect dangjian
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SELECT format(template, service)
  FROM unnest(ARRAY['orgs', 'workflows', 'notifications']) service,
       unnest(ARRAY[
         'CREATE SCHEMA %1$s AUTHORIZATION %1$s_owner',
         'GRANT USAGE ON SCHEMA %1$s TO %1$s_app',
         'ALTER DEFAULT PRIVILEGES FOR ROLE %1$s_owner IN SCHEMA %1$s
            GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %1$s_app',
         'ALTER DEFAULT PRIVILEGES FOR ROLE %1$s_owner IN SCHEMA %1$s
            GRANT USAGE, SELECT ON SEQUENCES TO %1$s_app'])
       WITH ORDINALITY AS step(template, number)
 ORDER BY service, number
\gexec

\connect dangjian_keys
ALTER SCHEMA public OWNER TO keys_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO keys_app;
ALTER DEFAULT PRIVILEGES FOR ROLE keys_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO keys_app;
ALTER DEFAULT PRIVILEGES FOR ROLE keys_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO keys_app;
