git init --quiet --initial-branch=main git-practice
cd git-practice
save() { git add --all && git commit --quiet --message "$1"; }

printf 'LOOKBACK_HOURS = 48\nREAD_TIMEOUT_S = 30\n' > settings.py
printf 'def start(hour, back):\n    return hour - back\n' > lookback.py
printf 'import lookback\n\nassert lookback.start(96, 48) == 48\n' > check.py
save 'feat: look back two days'
git tag v1
git branch feature/AB-123-longer-lookback

for note in one two three; do
  echo "note $note" >> notes.md
  save "docs: add note $note"
done
printf 'def start(hour, back:\n    return hour - back\n' > lookback.py
save 'refactor: half done, does not compile'
printf 'def start(hour, back):\n    return hour - back\n' > lookback.py
save 'fix: compile again'
printf 'def start(hour, back):\n    return hour - back // 24\n' > lookback.py
save 'perf: count in days'
for note in four five; do
  echo "note $note" >> notes.md
  save "docs: add note $note"
done
printf 'LOOKBACK_HOURS = 48\nREAD_TIMEOUT_S = 60\n' > settings.py
save 'fix: give slow replies a minute'

git switch --quiet feature/AB-123-longer-lookback
printf 'LOOKBACK_HOURS = 72\nREAD_TIMEOUT_S = 30\n' > settings.py
save 'feat: look back three days'
