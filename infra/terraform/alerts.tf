resource "google_monitoring_notification_channel" "operator" {
  for_each = toset(var.operator_emails)

  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }
}

locals {
  queue_ids = join("|", [for queue in google_cloud_tasks_queue.lane : queue.name])
  user      = "logging_googleapis_com:user_${replace(var.name, "-", "_")}"
  of_queue  = "monitored_resource=\"cloud_tasks_queue\",queue_id=~\"${local.queue_ids}\""

  # What, PromQL, for how long, and the runbook's heading in DEPLOY.md.
  alerts = {
    queue_depth = {
      title  = "Jobs pile up in a queue"
      query  = "max by (queue_id) (cloudtasks_googleapis_com:queue_depth{${local.of_queue}}) > 1000"
      lasts  = "900s"
      see    = "Jobs stay queued"
      severe = "WARNING"
    }
    oldest_waiting = {
      title  = "Tasks are delivered an hour late"
      query  = "histogram_quantile(0.95, sum by (le, queue_id) (rate(cloudtasks_googleapis_com:queue_task_attempt_delays_bucket{${local.of_queue}}[10m]))) > 3600000"
      lasts  = "600s"
      see    = "Jobs stay queued"
      severe = "WARNING"
    }
    handler_errors = {
      title  = "More than a fifth of deliveries ask for a retry"
      query  = "sum(rate(${local.user}_delivery_answered{status=~\"5..\"}[10m])) / sum(rate(${local.user}_delivery_answered[10m])) > 0.2"
      lasts  = "600s"
      see    = "Jobs stay processing"
      severe = "ERROR"
    }
    terminal_mix = {
      title  = "More than a tenth of jobs do not complete"
      query  = "sum(rate(${local.user}_job_finalized{status!=\"completed\"}[30m])) / sum(rate(${local.user}_job_finalized[30m])) > 0.1"
      lasts  = "1800s"
      see    = "Jobs fail"
      severe = "ERROR"
    }
    reaper_silent = {
      title  = "No pass of recovery for ten minutes"
      query  = "absent_over_time(${local.user}_recovery_pass[10m])"
      lasts  = "0s"
      see    = "Reaper not running"
      severe = "CRITICAL"
    }
    revivals = {
      title  = "Workers die: jobs are revived"
      query  = "sum(increase(${local.user}_recovery_revived_sum[30m])) > 20"
      lasts  = "0s"
      see    = "Jobs stay processing"
      severe = "ERROR"
    }
    certificates = {
      title  = "Certificates cannot be fetched"
      query  = "sum(increase(${local.user}_certificates_unavailable[10m])) > 0"
      lasts  = "300s"
      see    = "Deliveries answer 500: certificates"
      severe = "ERROR"
    }
    enqueue_refused = {
      title  = "The queue refuses tasks"
      query  = "sum(increase(${local.user}_task_enqueue_refused[10m])) > 0"
      lasts  = "0s"
      see    = "Jobs stay queued"
      severe = "CRITICAL"
    }
    platform_throttles = {
      title  = "The platform answers 429 to the queue"
      query  = "sum(increase(cloudtasks_googleapis_com:queue_task_attempt_count{${local.of_queue},response_code=\"429\"}[10m])) > 0"
      lasts  = "0s"
      see    = "Jobs stay queued"
      severe = "WARNING"
    }
  }
}

resource "google_monitoring_alert_policy" "alert" {
  for_each = local.alerts

  display_name = "${var.name}: ${each.value.title}"
  combiner     = "OR"
  severity     = each.value.severe

  conditions {
    display_name = each.value.title

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = each.value.lasts
      evaluation_interval = "60s"
    }
  }

  documentation {
    content   = "Runbook: DEPLOY.md, \"${each.value.see}\"."
    mime_type = "text/markdown"
  }

  notification_channels = [for channel in google_monitoring_notification_channel.operator : channel.name]

  # A query may only name metrics that exist.
  depends_on = [google_logging_metric.event, google_logging_metric.recovery]
}
