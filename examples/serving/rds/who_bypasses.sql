SELECT rolname
FROM pg_roles
WHERE rolcanlogin AND (rolsuper OR rolbypassrls)
ORDER BY rolname;
