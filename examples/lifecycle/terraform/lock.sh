terraform providers lock -platform=linux_amd64 -platform=windows_amd64
git add .terraform.lock.hcl
