terraform providers lock -platform=windows_amd64
git add .terraform.lock.hcl
