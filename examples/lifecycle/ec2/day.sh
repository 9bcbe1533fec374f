BOX=$(aws ec2 describe-instances \
  --filters Name=tag:Name,Values=river-levels-box-sam \
  --query 'Reservations[].Instances[].InstanceId' --output text)
aws ec2 start-instances --instance-ids "$BOX" --output text
aws ec2 wait instance-running --instance-ids "$BOX"
echo "running: $BOX"
