import { lazy, Suspense } from 'react';
import { useUi } from '../../app/ui';

const BulkActions = lazy(() => import('./BulkActions'));

export function BulkBar() {
  const { selected } = useUi();
  return selected.size > 0 ? <Suspense fallback={null}>{<BulkActions />}</Suspense> : null;
}
