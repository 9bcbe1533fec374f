aws sts get-caller-identity --query Account --output text |
  grep --fixed-strings --line-regexp "$EXPECTED_ACCOUNT"
