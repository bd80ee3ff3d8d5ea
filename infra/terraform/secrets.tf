# The shells of the secrets. SYNC_ID_SECRET and the providers' keys are put by hand (DEPLOY.md), so
# that they stand in no state file; the Redis URL follows the instance.
locals {
  secret_names = toset(["SYNC_ID_SECRET", "DEEPGRAM_API_KEY", "REDIS_URL"])
}

resource "google_secret_manager_secret" "secret" {
  for_each = local.secret_names

  secret_id = "${var.name}-${lower(replace(each.value, "_", "-"))}"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_secret_manager_secret_version" "redis_url" {
  secret      = google_secret_manager_secret.secret["REDIS_URL"].id
  secret_data = "redis://:${google_redis_instance.store.auth_string}@${google_redis_instance.store.host}:${google_redis_instance.store.port}"
}
