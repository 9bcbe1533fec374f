git ls-files -z | xargs -0 detect-secrets-hook --no-verify \
  --disable-filter detect_secrets.filters.heuristic.is_indirect_reference \
  --exclude-secrets '^(test|changeme)$|EXAMPLE$'
