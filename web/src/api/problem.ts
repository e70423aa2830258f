import type { Problem } from './types';

/** The service refused: `problem` is what it said (RFC 9457). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    readonly retryAfter: number | null,
  ) {
    super(problem.detail ?? problem.title);
  }

  /** What was wrong with the member `name` of the body, if anything was. */
  fault(name: string): string | undefined {
    return this.problem.errors?.find((fault) => fault.pointer === `/${name}`)?.detail;
  }
}

/** What was wrong with one member of the body, if `error` says so. */
export const faultOf = (error: unknown, member: string) => (error instanceof ApiError ? error.fault(member) : undefined);

/** Nobody answered: no network, or the service is away. */
export class Unreachable extends Error {}

/** There is no session any more; the page asks the person to sign in. */
export class SignedOut extends Error {}

export async function errorOf(response: Response): Promise<ApiError> {
  let problem: Problem = { type: 'about:blank', title: response.statusText || `HTTP ${response.status}`, status: response.status };
  try {
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null && 'title' in body) problem = body as Problem;
  } catch {
    // A proxy's page, say: the status alone has to do.
  }
  const seconds = Number(response.headers.get('retry-after'));
  return new ApiError(response.status, problem, Number.isFinite(seconds) && seconds > 0 ? seconds : null);
}
