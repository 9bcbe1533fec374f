variable "name" {
  description = "Name of the pipeline, such as river-levels-etl."
  type        = string
}

# --8<-- [start:repository]
resource "aws_ecr_repository" "images" {
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
  }
}

resource "aws_ecr_lifecycle_policy" "images" {
  repository = aws_ecr_repository.images.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last 30: enough to go back by."
      selection = {
        tagStatus   = "any"
        countType   = "imageCountMoreThan"
        countNumber = 30
      }
      action = { type = "expire" }
    }]
  })
}
# --8<-- [end:repository]

output "repository_url" {
  description = "Where images are pushed to."
  value       = aws_ecr_repository.images.repository_url
}
