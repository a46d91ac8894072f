terraform {
  required_version = ">= 1.5"
}

resource "terraform_data" "quick" {
  input = "one"
}

resource "terraform_data" "slow" {
  depends_on = [terraform_data.quick]

  provisioner "local-exec" {
    command = "sleep 600"
  }
}
