#!/bin/bash
# guarded.sh COMMAND…: alone, for an hour at most, with a log. Only when it
# went well does the dead man's switch hear of it. Ends as the command ended.
set -euo pipefail

state=${STATE_DIRECTORY:-/var/lib/river-levels}
log=$state/runs.log

exec 9>> "$state/lock"
if ! flock --nonblock 9; then
  echo "refused: the last run still goes on" | tee --append "$log" >&2
  exit 75
fi

code=0
timeout --kill-after=30s "${LIMIT:-1h}" "$@" >> "$log" 2>&1 || code=$?
echo "$(date --utc +%FT%TZ) exit $code: $*" >> "$log"
if ((code == 0)); then
  curl --fail --silent --max-time 10 --retry 3 "$PING_URL" >> "$log" ||
    echo "the switch did not answer" >> "$log"
fi
exit "$code"
