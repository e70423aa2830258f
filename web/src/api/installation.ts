import { useQuery } from '@tanstack/react-query';
import { body, open } from './client';

/** What this installation allows and has, told to anybody; undefined until it is known. */
export const useRegistration = () =>
  useQuery({ queryKey: ['registration'], queryFn: () => body(open.GET('/registration', {})), staleTime: Infinity }).data?.mode;

export const useCanMail = () =>
  useQuery({ queryKey: ['channels'], queryFn: () => body(open.GET('/notifications/channels', {})), staleTime: Infinity }).data?.email;
