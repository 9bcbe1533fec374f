pg_dump --format=custom --schema=marts --schema=serving --file=before.dump
createdb "$RESTORED"
pg_restore --exit-on-error --no-owner --dbname="$RESTORED" before.dump
