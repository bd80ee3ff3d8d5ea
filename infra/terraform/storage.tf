locals {
  buckets = {
    staging = google_storage_bucket.staging.name
    data    = google_storage_bucket.data.name
  }
}

# Uploaded audio until its job has ended, and the manifests that promise it.
resource "google_storage_bucket" "staging" {
  name                        = "${var.project}-${var.name}-staging"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # The service deletes what has ended; this only bounds what it could not, and comes after every retry.
  lifecycle_rule {
    condition {
      age = local.numbers.STAGING_RETENTION_DAYS
    }
    action {
      type = "Delete"
    }
  }

  # Deleted audio is gone: kept copies would be billed and would outlive the user's erasure.
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  depends_on = [google_project_service.api]
}

# Plans, outcomes, transcripts, day documents, summaries.
resource "google_storage_bucket" "data" {
  name                        = "${var.project}-${var.name}-data"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # Plans, outcomes and announcements only: a transcript lives as long as its conversation.
  lifecycle_rule {
    condition {
      age            = local.numbers.STAGING_RETENTION_DAYS * 2
      matches_prefix = ["plans/", "outcomes/", "announced/"]
    }
    action {
      type = "Delete"
    }
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.api]
}
