import { api, body } from '../../api/client';
import { keys } from '../../store/server';

/** The newest notifications, and how many are unread in all. */
export const notificationsQuery = {
  queryKey: keys.notifications,
  queryFn: ({ signal }: { signal: AbortSignal }) => body(api.GET('/notifications', { params: { query: { limit: 100 } }, signal })),
};
