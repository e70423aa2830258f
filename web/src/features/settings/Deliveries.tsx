import { Button, Modal, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { FailedPart } from '../../app/Failed';
import { usePlace } from '../../app/locale';
import { tellError } from '../../app/toast';
import { api, body } from '../../api/client';
import type { Webhook } from '../../api/types';
import { useT } from '../../i18n';
import { queryClient } from '../../store/server';
import { formatInstant } from '../tasks/due';

/** What was sent to a webhook last, and what came of it. */
export default function Deliveries({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const t = useT();
  const w = t.webhooks;
  const place = usePlace();
  const key = ['deliveries', webhook.id];
  const asked = useQuery({
    queryKey: key,
    queryFn: () => body(api.GET('/webhooks/{id}/deliveries', { params: { path: { id: webhook.id }, query: { limit: 20 } } })),
    staleTime: 0,
  });
  const replay = useMutation({
    mutationFn: (delivery: string) => body(api.POST('/webhooks/{id}/deliveries/{delivery}/replay', { params: { path: { id: webhook.id, delivery } } })),
    onError: (error) => tellError(t, error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: key }),
  });
  return (
    <Modal opened onClose={onClose} title={w.deliveries} size="lg">
      <ul className="plain" aria-label={w.deliveries}>
        {asked.data?.items.map((delivery) => {
          const words = delivery.delivered ? w.arrived(delivery.response?.status ?? 0, delivery.duration_ms) : w.notArrived(delivery.error ?? String(delivery.response?.status ?? ''));
          return (
            <li key={delivery.id} className="plain-row">
              <div className="row-text">
                <span className="row-title">{delivery.type}</span>
                <span className="row-meta">
                  {formatInstant(delivery.at, place.locale, place.zone)} · {words}
                </span>
              </div>
              <Button size="compact-sm" variant="light" loading={replay.isPending && replay.variables === delivery.id} aria-label={`${w.again}: ${delivery.type}`} onClick={() => replay.mutate(delivery.id)}>
                {w.again}
              </Button>
            </li>
          );
        })}
      </ul>
      <FailedPart asked={asked} />
      {asked.data?.items.length === 0 && <Text c="dimmed">{w.noDeliveries}</Text>}
    </Modal>
  );
}
