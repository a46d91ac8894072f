terraform {
  backend "local" {
    path = "state/moved.tfstate"
  }
}
