/**
 * Wraps the processor of a BullMQ `Worker`, so that each attempt at a job runs in a job scope with the job's name and
 * id. The processor's type, `length`, `name`, `this` and arguments stay. Throws a `HoldoverError` for the file of a
 * sandboxed processor: there, wrap the function that the file exports.
 */
export function track<P extends (job: any, token?: string, signal?: AbortSignal) => Promise<any>>(
  processor: P
): P
