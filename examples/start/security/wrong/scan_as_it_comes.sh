git ls-files -z | xargs -0 detect-secrets-hook
