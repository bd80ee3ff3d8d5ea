# The numbers that the service and the cloud must agree on stand in numbers.json, by the names of the
# service's variables; a test holds them against the service's defaults. Nothing here repeats one.
locals {
  numbers = jsondecode(file("${path.module}/numbers.json"))

  slots = var.max_instances * var.concurrency

  # A run that speech-to-text refuses (429) is put off, and decodes again when it comes back. So no
  # more run at once than keep the provider busy; the others wait in their queue, where waiting costs
  # nothing. Fresh: half of a run is decoding. Backfill: fresh audio finds calls free beside it.
  runs_per_call = { fresh = 2, backfill = 0.6 }

  fresh_concurrent_dispatches = floor(min(local.slots * var.fresh_share, var.provider_concurrent * local.runs_per_call.fresh))
  backfill_concurrent         = floor(min(local.slots * var.backfill_share, var.provider_concurrent * local.runs_per_call.backfill))

  # Known before the service exists, so that tokens, tasks and the scheduler can name it.
  service_url = "https://${var.name}-${data.google_project.this.number}.${var.region}.run.app"
}

# A 429 of the platform slows a whole queue and spends an attempt that the service never saw.
check "queues_fit_the_service" {
  assert {
    condition     = local.fresh_concurrent_dispatches + local.backfill_concurrent <= local.slots * 0.7
    error_message = "The queues may dispatch more than 70 % of what the instances take: users' own requests would meet 429."
  }
}

check "queues_move" {
  assert {
    condition     = local.fresh_concurrent_dispatches >= 1 && local.backfill_concurrent >= 1
    error_message = "A queue without a single concurrent dispatch never delivers."
  }
}
