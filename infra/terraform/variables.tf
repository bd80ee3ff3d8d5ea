variable "project" {
  description = "Id of the project everything is made in."
  type        = string
}

variable "region" {
  description = "Region of the service, the queues, Redis and the buckets: one, so that no byte crosses regions."
  type        = string
  default     = "europe-west1"
}

variable "name" {
  description = "Name of the service and prefix of everything else."
  type        = string
  default     = "sync-dispatcher"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "Lower-case letters, digits and dashes, 2 to 21 of them: account ids end at 30 characters."
  }
}

variable "image" {
  description = "Image of the first revision. Empty makes everything but the service, so that secrets and image can be put first; later revisions come from the build."
  type        = string
  default     = ""
}

variable "dispatch_mode" {
  description = "inline (ships inert, no task is made) or cloud_tasks."
  type        = string
  default     = "inline"

  validation {
    condition     = contains(["inline", "cloud_tasks"], var.dispatch_mode)
    error_message = "inline or cloud_tasks."
  }
}

variable "firebase_project" {
  description = "Firebase project whose users may upload."
  type        = string
}

variable "operator_emails" {
  description = "Addresses that alerts are sent to."
  type        = list(string)
  default     = []
}

variable "min_instances" {
  description = "Instances kept warm. 0 costs nothing and adds a cold start to the first upload."
  type        = number
  default     = 1
}

variable "max_instances" {
  description = "Most instances at once. With concurrency it bounds what the queues may dispatch."
  type        = number
  default     = 40
}

variable "concurrency" {
  description = "Requests one instance takes at once, runs included. A run holds up to 64 MiB of decoded audio: 24 fit in 4 GiB with room for uploads."
  type        = number
  default     = 24
}

variable "fresh_share" {
  description = "Share of all request slots that fresh audio may hold."
  type        = number
  default     = 0.4
}

variable "backfill_share" {
  description = "Share of all request slots that old audio may hold."
  type        = number
  default     = 0.1
}

variable "provider_concurrent" {
  description = "Calls that the speech-to-text provider takes at once, by its contract; 50 is Deepgram's pay-as-you-go. The queues dispatch no faster than it can follow."
  type        = number
  default     = 50
}

variable "redis_memory_gb" {
  description = "Memory of Redis. An ended job keeps about 4 KB for 48 hours: 5 GB take 290 uploads a minute and stay 30 % empty."
  type        = number
  default     = 5
}

variable "settings" {
  description = "Further variables of the service, by their names in DEPLOY.md."
  type        = map(string)
  default     = {}
}
