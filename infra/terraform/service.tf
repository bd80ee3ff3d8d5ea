locals {
  environment = merge(
    { for name, number in local.numbers : name => tostring(number) },
    {
      SERVICE_MAX_INSTANCES     = tostring(var.max_instances)
      SERVICE_CONCURRENCY       = tostring(var.concurrency)
      SYNC_DISPATCH_MODE        = var.dispatch_mode
      CPU_ALWAYS_ON             = "true"
      SYNC_PUBLIC_URL           = local.service_url
      SYNC_TASKS_PROJECT        = var.project
      SYNC_TASKS_LOCATION       = var.region
      SYNC_TASKS_QUEUE          = google_cloud_tasks_queue.lane["fresh"].name
      SYNC_TASKS_BACKFILL_QUEUE = google_cloud_tasks_queue.lane["backfill"].name
      SYNC_TASKS_HANDLER_URL    = "${local.service_url}/v2/sync-jobs/run"
      SYNC_TASKS_OIDC_AUDIENCE  = local.service_url
      SYNC_TASKS_INVOKER_SA     = google_service_account.invoker.email
      GCS_STAGING_BUCKET        = google_storage_bucket.staging.name
      GCS_DATA_BUCKET           = google_storage_bucket.data.name
      FIREBASE_PROJECT          = var.firebase_project
      GOOGLE_CLOUD_PROJECT      = var.project
    },
    var.settings,
  )
}

resource "google_cloud_run_v2_service" "service" {
  for_each = var.image == "" ? toset([]) : toset([var.name])

  name                = each.value
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_ALL"
  deletion_protection = true

  template {
    service_account                  = google_service_account.service.email
    timeout                          = "${local.numbers.SERVICE_TIMEOUT_SECONDS}s"
    max_instance_request_concurrency = var.concurrency
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"

    scaling {
      min_instance_count = var.min_instances
      max_instance_count = var.max_instances
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = google_compute_network.private.id
        subnetwork = google_compute_subnetwork.service.id
      }
    }

    containers {
      image = var.image

      resources {
        limits = { cpu = "2", memory = "4Gi" }
        # Inline jobs work after their response; with CPU only during requests they would freeze. The
        # service is told so by CPU_ALWAYS_ON.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      ports {
        container_port = 8080
      }

      dynamic "env" {
        for_each = local.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = google_secret_manager_secret.secret
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value.secret_id
              version = "latest"
            }
          }
        }
      }

      # Ready means Redis answers; a pass without it would be sent traffic it must refuse.
      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 60
        http_get {
          path = "/ready"
        }
      }

      # /health asks nobody: an outage of Redis must not kill runs that only wait for it.
      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 10
        failure_threshold = 4
        http_get {
          path = "/health"
        }
      }
    }
  }

  # New revisions and the shares of traffic belong to the build.
  lifecycle {
    ignore_changes = [
      client,
      client_version,
      template[0].containers[0].image,
      template[0].revision,
      traffic,
    ]
  }

  depends_on = [
    google_secret_manager_secret_iam_member.service,
    google_secret_manager_secret_version.redis_url,
  ]
}
