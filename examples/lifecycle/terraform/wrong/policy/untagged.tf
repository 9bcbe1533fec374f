provider "aws" {
  region = "eu-west-2"
}

resource "aws_sns_topic" "alarms" {
  name = "river-levels-alarms"
}
