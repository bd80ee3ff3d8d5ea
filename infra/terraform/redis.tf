resource "google_compute_network" "private" {
  name                    = var.name
  auto_create_subnetworks = false

  depends_on = [google_project_service.api]
}

# Two addresses an instance: a /24 is enough for 120 instances, /26 is the platform's least.
resource "google_compute_subnetwork" "service" {
  name                     = "${var.name}-service"
  region                   = var.region
  network                  = google_compute_network.private.id
  ip_cidr_range            = "10.20.0.0/24"
  private_ip_google_access = true
}

resource "google_compute_global_address" "peering" {
  name          = "${var.name}-peering"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.private.id
}

resource "google_service_networking_connection" "peering" {
  network                 = google_compute_network.private.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.peering.name]
}

# What is true now. All of it may be lost: manifests and outcomes bring it back. Hence no snapshots:
# a store that comes back an hour old would lie, an empty one is known to be empty.
resource "google_redis_instance" "store" {
  name               = var.name
  region             = var.region
  tier               = "STANDARD_HA"
  memory_size_gb     = var.redis_memory_gb
  redis_version      = "REDIS_7_2"
  auth_enabled       = true
  authorized_network = google_compute_network.private.id
  connect_mode       = "PRIVATE_SERVICE_ACCESS"

  redis_configs = {
    # Evicting a record would lose a job's state in silence; a full store refuses uploads instead.
    maxmemory-policy = "noeviction"
    # A job's events are a stream, and a stream takes whole blocks: of 4 KiB, they were most of a job.
    stream-node-max-bytes = "1024"
  }

  persistence_config {
    persistence_mode = "DISABLED"
  }

  depends_on = [google_service_networking_connection.peering]
}
