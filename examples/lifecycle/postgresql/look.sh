export PGSSLMODE=verify-full
export PGSSLROOTCERT="$HOME/global-bundle.pem"
PGPASSWORD="$(aws rds generate-db-auth-token \
  --hostname "$PGHOST" --port "$PGPORT" --username "$PGUSER")"
export PGPASSWORD
psql --command="SELECT version, cipher FROM pg_stat_ssl
  WHERE pid = pg_backend_pid()"
