terraform apply -input=false reviewed.plan
