import { Skeleton } from '@mantine/core';
import { useT } from '../../i18n';

const widths = ['62%', '45%', '71%', '38%', '55%'];

export function ListSkeleton() {
  const t = useT();
  return (
    <div role="status" aria-label={t.loading}>
      {widths.map((width) => (
        <div key={width} className="row" aria-hidden>
          <Skeleton circle height={20} />
          <Skeleton height={12} width={width} my={12} />
        </div>
      ))}
    </div>
  );
}
