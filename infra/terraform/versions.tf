terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
  }

  # The state holds the Redis password: keep it in a bucket that only operators can read.
  # Configure it once: terraform init -backend-config=bucket=YOUR_STATE_BUCKET
  backend "gcs" {
    prefix = "sync-dispatcher"
  }
}

provider "google" {
  project = var.project
  region  = var.region
}

data "google_project" "this" {
  project_id = var.project
}
