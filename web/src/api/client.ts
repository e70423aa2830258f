import createClient from 'openapi-fetch';
import type { paths } from './contract';
import { ApiError, errorOf, SignedOut, Unreachable } from './problem';
import { accessToken, getSession, refresh } from './session';

function account(): string | null {
  const session = getSession();
  return session.status === 'signed_in' ? session.user.id : null;
}

/** Carries the access token, and renews it once when the service says that it is over. */
async function authorised(request: Request): Promise<Response> {
  const repeat = request.clone();
  const send = async (what: Request, bearer: string) => {
    what.headers.set('Authorization', `Bearer ${bearer}`);
    try {
      return await fetch(what);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new Unreachable();
    }
  };
  const asked = account();
  // Another tab may have signed somebody else in meanwhile: nothing is asked in that one's name.
  const own = async (token: Promise<string>) => {
    const bearer = await token;
    if (asked && account() !== asked) throw new SignedOut();
    return bearer;
  };
  const response = await send(request, await own(accessToken()));
  return response.status === 401 ? send(repeat, await own(refresh())) : response;
}

export const api = createClient<paths>({
  baseUrl: `${location.origin}/api/v1`,
  fetch: authorised,
  querySerializer: { array: { style: 'form', explode: true } },
});

/** For the few calls that need no session. */
export const open = createClient<paths>({
  baseUrl: `${location.origin}/api/v1`,
  fetch: async (request: Request) => {
    try {
      return await fetch(request);
    } catch {
      throw new Unreachable();
    }
  },
});

/** The body of a good answer; otherwise throws ApiError. */
export async function body<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok) return data as T;
  if (typeof error === 'object' && error !== null && 'title' in error) {
    const seconds = Number(response.headers.get('retry-after'));
    throw new ApiError(response.status, error as ApiError['problem'], seconds > 0 ? seconds : null);
  }
  throw await errorOf(new Response(null, { status: response.status, statusText: response.statusText }));
}

/** All pages of a list. */
export async function all<T>(page: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor: string | null }>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const next = await page(cursor);
    items.push(...next.items);
    cursor = next.next_cursor ?? undefined;
  } while (cursor);
  return items;
}
