terraform plan -input=false -lock=false -detailed-exitcode
