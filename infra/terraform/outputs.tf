output "service_url" {
  description = "Where the app uploads to, and the audience of every task token."
  value       = local.service_url
}

output "image_repository" {
  description = "Prefix of the images the build pushes."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}/service"
}

output "secrets" {
  description = "Ids of the secrets; those but the Redis URL want a version put by hand."
  value       = { for name, secret in google_secret_manager_secret.secret : name => secret.secret_id }
}

output "build_account" {
  description = "Service account of the build."
  value       = google_service_account.build.email
}

output "queues" {
  description = "Queue ids by lane."
  value       = { for lane, queue in google_cloud_tasks_queue.lane : lane => queue.name }
}
