terraform {
  backend "s3" {
    bucket       = "states"
    key          = "llm/terraform.tfstate"
    region       = "us-east-1"
    encrypt      = true
    use_lockfile = true
  }
}
