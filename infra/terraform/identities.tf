# Three identities, each with the least that its work needs.

# The service itself.
resource "google_service_account" "service" {
  account_id   = "${var.name}-run"
  display_name = "sync-dispatcher service"
}

# Whom deliveries and passes of recovery are made out to: the only e-mail the task endpoints believe.
resource "google_service_account" "invoker" {
  account_id   = "${var.name}-inv"
  display_name = "sync-dispatcher invoker of task endpoints"
}

# Builds, and deploys new revisions.
resource "google_service_account" "build" {
  account_id   = "${var.name}-build"
  display_name = "sync-dispatcher build and deploy"
}

# create a task, look at one, look at the queue's settings
resource "google_cloud_tasks_queue_iam_member" "service" {
  for_each = {
    for pair in setproduct(keys(google_cloud_tasks_queue.lane), ["enqueuer", "viewer"]) :
    "${pair[0]}-${pair[1]}" => { lane = pair[0], role = "roles/cloudtasks.${pair[1]}" }
  }

  location = var.region
  name     = google_cloud_tasks_queue.lane[each.value.lane].name
  role     = each.value.role
  member   = google_service_account.service.member
}

# On this one account, never on the project: else the service could mint tokens for any account.
resource "google_service_account_iam_member" "service_acts_as_invoker" {
  service_account_id = google_service_account.invoker.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.service.member
}

resource "google_storage_bucket_iam_member" "service_objects" {
  for_each = local.buckets

  bucket = each.value
  role   = "roles/storage.objectUser"
  member = google_service_account.service.member
}

# The doctor compares the buckets' own rules with what must hold.
resource "google_storage_bucket_iam_member" "service_rules" {
  for_each = local.buckets

  bucket = each.value
  role   = "roles/storage.legacyBucketReader"
  member = google_service_account.service.member
}

resource "google_secret_manager_secret_iam_member" "service" {
  for_each = google_secret_manager_secret.secret

  secret_id = each.value.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.service.member
}

resource "google_project_iam_member" "service_telemetry" {
  for_each = toset(["roles/cloudtrace.agent", "roles/monitoring.metricWriter"])

  project = var.project
  role    = each.value
  member  = google_service_account.service.member
}

# The platform lets everyone reach the service; every route checks its caller itself. A private
# service would receive tokens without their signatures, which prove nothing.
resource "google_cloud_run_v2_service_iam_member" "everyone" {
  for_each = google_cloud_run_v2_service.service

  location = var.region
  name     = each.value.name
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = google_cloud_run_v2_service.service

  location = var.region
  name     = each.value.name
  role     = "roles/run.invoker"
  member   = google_service_account.invoker.member
}

resource "google_project_iam_member" "build" {
  for_each = toset([
    "roles/run.developer",
    "roles/logging.logWriter",
    "roles/ondemandscanning.admin",
  ])

  project = var.project
  role    = each.value
  member  = google_service_account.build.member
}

resource "google_artifact_registry_repository_iam_member" "build" {
  location   = var.region
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build_reads_source" {
  bucket = google_storage_bucket.source.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

resource "google_service_account_iam_member" "build_deploys_as_service" {
  service_account_id = google_service_account.service.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.build.member
}
