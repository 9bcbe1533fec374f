aws ssm start-session --profile river-levels-development \
  --target i-0123456789abcdef0 \
  --document-name AWS-StartPortForwardingSessionToRemoteHost \
  --parameters host=YOUR-DATABASE,portNumber=5432,localPortNumber=5432
