# One pass of recovery a minute. It is the only caller that waits for no upload and no task.
resource "google_cloud_scheduler_job" "reaper" {
  name      = "${var.name}-reaper"
  region    = var.region
  schedule  = "* * * * *"
  time_zone = "Etc/UTC"
  # As long as a minute has: the next pass comes anyway, and two at once are harmless.
  attempt_deadline = "${local.numbers.REAPER_SWEEP_INTERVAL_SECONDS}s"

  retry_config {
    retry_count = 0
  }

  http_target {
    http_method = "POST"
    uri         = "${local.service_url}/v2/sync-jobs/reap"

    oidc_token {
      service_account_email = google_service_account.invoker.email
      audience              = local.service_url
    }
  }

  depends_on = [google_project_service.api]
}
