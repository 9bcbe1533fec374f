terraform plan -input=false -out=reviewed.plan
terraform show -no-color reviewed.plan > plan.txt # for the pull request
