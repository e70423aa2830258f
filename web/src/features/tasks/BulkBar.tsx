import { Suspense } from 'react';
import { apart } from '../../app/apart';
import { useSelectedCount } from '../../app/ui';

export const BulkActions = apart(() => import('./BulkActions'));

export function BulkBar() {
  return useSelectedCount() > 0 ? <Suspense fallback={null}>{<BulkActions />}</Suspense> : null;
}
