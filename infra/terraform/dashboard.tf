locals {
  charts = [
    { title = "Uploads a minute, by lane", query = "sum by (lane) (rate(${local.user}_upload_accepted[5m])) * 60" },
    { title = "Refusals a minute, by code", query = "sum by (code) (rate(${local.user}_upload_refused[5m])) * 60" },
    { title = "Tasks in the queues", query = "max by (queue_id) (cloudtasks_googleapis_com:queue_depth{${local.of_queue}})" },
    { title = "Delay of deliveries, p95 in ms", query = "histogram_quantile(0.95, sum by (le, queue_id) (rate(cloudtasks_googleapis_com:queue_task_attempt_delays_bucket{${local.of_queue}}[5m])))" },
    { title = "Deliveries a minute, by answer", query = "sum by (status, code) (rate(${local.user}_delivery_answered[5m])) * 60" },
    { title = "Ends a minute, by status", query = "sum by (status) (rate(${local.user}_job_finalized[5m])) * 60" },
    { title = "Failures an hour, by reason", query = "sum by (reasonCode) (rate(${local.user}_job_finalized{status!=\"completed\"}[1h])) * 3600" },
    { title = "Attempts a minute, by outcome", query = "sum by (outcome) (rate(${local.user}_attempt_ended[5m])) * 60" },
    { title = "Claims lost a minute, by reason", query = "sum by (reason) (rate(${local.user}_claim_lost[5m])) * 60" },
    { title = "Passes of recovery a minute", query = "sum(rate(${local.user}_recovery_pass[5m])) * 60" },
    { title = "Statuses rewritten an hour", query = "sum by (by, to) (rate(${local.user}_status_rewritten[1h])) * 3600" },
    { title = "Instances", query = "sum(run_googleapis_com:container_instance_count{monitored_resource=\"cloud_run_revision\",service_name=\"${var.name}\"})" },
  ]
}

resource "google_monitoring_dashboard" "overview" {
  dashboard_json = jsonencode({
    displayName = var.name
    gridLayout = {
      columns = 2
      widgets = [
        for chart in local.charts : {
          title = chart.title
          xyChart = {
            dataSets = [{ plotType = "LINE", timeSeriesQuery = { prometheusQuery = chart.query } }]
          }
        }
      ]
    }
  })

  depends_on = [google_logging_metric.event, google_logging_metric.recovery]
}
