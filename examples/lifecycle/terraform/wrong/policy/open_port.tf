resource "aws_security_group" "airflow" {
  name        = "airflow"
  description = "To see Airflow"
}

resource "aws_vpc_security_group_ingress_rule" "airflow" {
  security_group_id = aws_security_group.airflow.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 8080
  to_port           = 8080
}
