import { Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { useT } from '../../i18n';

export function ViewHead({ title, note, children }: { title: string; note?: string; children?: ReactNode }) {
  const t = useT();
  useEffect(() => {
    document.title = `${title} · ${t.name}`;
  }, [title, t]);
  return (
    <header className="view-head">
      <div>
        <Title order={1}>{title}</Title>
        {note && <p className="view-note">{note}</p>}
      </div>
      {children && <div className="view-tools">{children}</div>}
    </header>
  );
}
