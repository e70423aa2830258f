import type { Messages } from '../i18n';
import type { Fault, Problem } from './types';

/** The service refused: `problem` is what it said (RFC 9457). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    readonly retryAfter: number | null,
  ) {
    super(problem.detail ?? problem.title);
  }
}

/** Nobody answered: no network, or the service is away. */
export class Unreachable extends Error {}

/** There is no session any more; the page asks the person to sign in. */
export class SignedOut extends Error {}

/** In the person's language where the catalogue has it, by pointer and code; otherwise as the service says it. */
const sayFault = (t: Messages, { pointer, code, detail }: Fault) =>
  t.problems[`${pointer} ${code}`] ?? t.problems[code]?.replace('#', /\d+/.exec(detail)?.[0] ?? '') ?? detail;

/** What was wrong with one member of the body, if `error` says so. */
export function faultOf(t: Messages, error: unknown, member: string): string | undefined {
  const fault = error instanceof ApiError ? error.problem.errors?.find(({ pointer }) => pointer === `/${member}`) : undefined;
  return fault && sayFault(t, fault);
}

/** Why something failed. */
export function reasonOf(t: Messages, error: unknown): string {
  if (error instanceof Unreachable) return t.unreachable;
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  const { errors, type, instance = '' } = error.problem;
  if (errors?.[0]) return sayFault(t, errors[0]);
  const kind = type.replace(/.*\//, '');
  return t.problems[`${instance.replace('/api/v1', '')} ${kind}`] ?? t.problems[kind] ?? error.message;
}

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
