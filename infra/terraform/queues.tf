locals {
  lanes = {
    fresh    = { concurrent = local.fresh_concurrent_dispatches, per_second = 50 }
    backfill = { concurrent = local.backfill_concurrent, per_second = 10 }
  }
}

# One queue a lane, so that a backlog of old audio never delays fresh audio.
resource "google_cloud_tasks_queue" "lane" {
  for_each = local.lanes

  name     = "${var.name}-${each.key}"
  location = var.region

  retry_config {
    max_attempts  = local.numbers.SYNC_TASKS_MAX_ATTEMPTS
    min_backoff   = "${local.numbers.SYNC_TASKS_MIN_BACKOFF_SECONDS}s"
    max_backoff   = "${local.numbers.SYNC_TASKS_MAX_BACKOFF_SECONDS}s"
    max_doublings = local.numbers.SYNC_TASKS_MAX_DOUBLINGS
    # 0 counts as spent. Any other value makes the queue go on past max_attempts.
    max_retry_duration = "0s"
  }

  rate_limits {
    max_concurrent_dispatches = each.value.concurrent
    max_dispatches_per_second = each.value.per_second
  }

  # The default logs nothing, and then nobody can say why a task was retried.
  stackdriver_logging_config {
    sampling_ratio = 1
  }

  depends_on = [google_project_service.api]
}
