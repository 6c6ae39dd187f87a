const jobs = new Map<string, AbortController>();

/** Runs `work` as a job that `cancelJob` can cancel. */
export async function withJob<T>(
  job: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  jobs.set(job, controller);
  try {
    return await work(controller.signal);
  } finally {
    jobs.delete(job);
  }
}

export function cancelJob(job: string): void {
  jobs.get(job)?.abort();
}
