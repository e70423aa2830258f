import { useEffect } from 'react';
import { useT } from '../i18n';
import { onRefused } from '../store/outbox';
import { tellError } from './toast';

/** The service refused an edit: what was shown is taken back, and the reason is told. */
export function useRefusals() {
  const t = useT();
  useEffect(() => {
    onRefused((error, { kind, body }) => tellError(t, error, kind === 'create' ? String(body['title'] ?? body['name']) : undefined));
    return () => onRefused(() => {});
  }, [t]);
}
