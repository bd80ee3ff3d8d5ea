# Counted from the service's own event lines, so that a metric and its log line never disagree.
locals {
  log_scope = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}\""

  # event: labels taken from the line
  counted_events = {
    upload_accepted          = ["lane", "dispatchMode"]
    upload_refused           = ["code"]
    task_enqueue_uncertain   = ["lane"]
    task_enqueue_refused     = ["lane"]
    delivery_answered        = ["status", "code"]
    delivery_dropped         = ["reason"]
    delivery_rejected        = ["reason"]
    certificates_unavailable = ["tokens"]
    claim_lost               = ["reason"]
    attempt_ended            = ["outcome", "reasonCode"]
    job_finalized            = ["status", "reasonCode"]
    status_rewritten         = ["from", "to", "by"]
    recovery_pass            = []
    unexpected_error         = ["where"]
  }

  # Numbers that a pass of recovery reports, summed.
  recovery_counts = toset(["ensured", "revived", "landed", "failed"])
}

resource "google_logging_metric" "event" {
  for_each = local.counted_events

  name   = "${var.name}/${each.key}"
  filter = "${local.log_scope} AND jsonPayload.event=\"${each.key}\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"

    dynamic "labels" {
      for_each = each.value
      content {
        key = labels.value
      }
    }
  }

  label_extractors = { for label in each.value : label => "EXTRACT(jsonPayload.${label})" }

  depends_on = [google_project_service.api]
}

resource "google_logging_metric" "recovery" {
  for_each = local.recovery_counts

  name            = "${var.name}/recovery_${each.value}"
  filter          = "${local.log_scope} AND jsonPayload.event=\"recovery_pass\" AND jsonPayload.counts.${each.value}>0"
  value_extractor = "EXTRACT(jsonPayload.counts.${each.value})"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
  }

  depends_on = [google_project_service.api]
}
