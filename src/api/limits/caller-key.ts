import type { FastifyRequest } from 'fastify';
import { addressGroup } from './address-group.js';

/** By what callers are told apart; while authentication is off, by their addresses. */
export function callerKey({ caller, ip }: FastifyRequest): string {
  return caller.kind === 'open' ? `open ${addressGroup(ip)}` : caller.id;
}
