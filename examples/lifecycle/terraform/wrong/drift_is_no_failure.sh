terraform plan -input=false -lock=false
