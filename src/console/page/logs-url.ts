/** Cloud Logging, asked for the lines of one job. */
export function logsUrl(projectId: string, jobId: string, fromAt: string): string {
  const query = [`jsonPayload.jobId="${jobId}"`, `timestamp>="${fromAt}"`].join('\n')
  const project = encodeURIComponent(projectId)
  return `https://console.cloud.google.com/logs/query;query=${encodeURIComponent(query)}?project=${project}`
}
