aws iam update-access-key --user-name "$LEAKED_USER" \
  --access-key-id "$LEAKED_KEY_ID" --status Inactive
