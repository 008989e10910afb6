import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Authority } from './authority.ts';
import { parseAuthority } from './authority.ts';
import { type ReceivedField, VIA_NAME } from './message.ts';
import { type NetworkList, plainAddress } from './network-list.ts';

/** What is known of a TLS connection beside that it is one. */
export interface PeerTls {
  /** Id of its TLS options; empty for the default ones. */
  readonly options: string;
  readonly clientCertificate: X509Certificate | undefined;
}

/** Of plain connections, and of TLS ones of which nothing was asked. */
export const NO_TLS: PeerTls = { options: '', clientCertificate: undefined };

/** What the router knows of the other end of a connection that requests come over. */
export class Peer {
  /** Plain address of the TCP peer (or of the PROXY header). */
  readonly address: string;
  readonly isTls: boolean;
  readonly isTrusted: boolean;
  /** Id of the TLS options that the connection has (A5); empty for the default ones and in plain HTTP. */
  readonly tlsOptions: string;
  /** What it showed in the handshake, where it was asked. */
  readonly clientCertificate: X509Certificate | undefined;
  /** Speaks HTTP/2; else HTTP/1.x. */
  readonly isHttp2: boolean;
  private authority: Authority | undefined = undefined;
  private fields = '';

  constructor(address: string, isTls: boolean, isTrusted: boolean, tls: PeerTls = NO_TLS, isHttp2 = false) {
    this.address = address;
    this.isTls = isTls;
    this.isTrusted = isTrusted;
    this.tlsOptions = tls.options;
    this.clientCertificate = tls.clientCertificate;
    this.isHttp2 = isHttp2;
  }

  /** Version of HTTP that a request came with, whose minor version of 1.x is this (RFC 9110 2.5, 7.6.3). */
  version(minorVersion: number): string {
    return this.isHttp2 ? '2.0' : `1.${minorVersion}`;
  }

  /** `forwardingFields` for a request of this peer; those of one authority are the same text each time. */
  forwardingFields(
    authority: Authority | undefined,
    minorVersion: number,
    received: readonly ReceivedField[] | undefined,
  ): string {
    if (received !== undefined || minorVersion === 0) {
      return forwardingFields(this, authority, minorVersion, received);
    }
    if (this.fields === '' || authority !== this.authority) {
      this.authority = authority;
      this.fields = forwardingFields(this, authority, 1, undefined);
    }
    return this.fields;
  }
}

/**
 * The forwarding field lines sent to the server (rules F1, F2, F5, H13). Values of an untrusted peer never get here; those of
 * a trusted one are validated one by one and dropped when they do not parse.
 */
export function forwardingFields(
  peer: Peer,
  authority: Authority | undefined,
  minorVersion: number,
  received: readonly ReceivedField[] | undefined,
): string {
  const kept = received === undefined ? NOTHING : validate(received);
  const scheme = kept.proto ?? (peer.isTls ? 'https' : 'http');
  const chain = kept.chain === undefined ? peer.address : `${kept.chain}, ${peer.address}`;
  const ownPort = authority === undefined || authority.port === '' ? undefined : authority.port;
  const port = kept.port ?? ownPort ?? (scheme === 'https' ? '443' : '80');
  const host = kept.host ?? authority?.text;
  let fields =
    `X-Forwarded-For: ${chain}\r\nX-Real-Ip: ${kept.client ?? peer.address}\r\nX-Forwarded-Proto: ${scheme}\r\n` +
    `X-Forwarded-Port: ${port}\r\nX-Forwarded-Server: ${VIA_NAME}\r\nVia: ${peer.version(minorVersion)} ${VIA_NAME}\r\n`;
  if (host !== undefined) fields += `X-Forwarded-Host: ${host}\r\n`;
  if (kept.prefix !== undefined) fields += `X-Forwarded-Prefix: ${kept.prefix}\r\n`;
  if (kept.forwarded !== undefined) fields += `Forwarded: ${kept.forwarded}\r\n`;
  return fields;
}

/**
 * The client's address for allow-lists, limits and logs (F3): walks X-Forwarded-For from the right, skips trusted
 * addresses, takes the first untrusted one; at most 20 steps.
 */
export function clientAddress(
  peer: Peer,
  received: readonly ReceivedField[] | undefined,
  trusted: NetworkList,
): string {
  if (!peer.isTrusted || received === undefined) return peer.address;
  const chain = valuesOf(received, 'x-forwarded-for').join(',').split(',').reverse();
  for (const entry of chain.slice(0, MAX_WALK)) {
    const address = plainAddress(entry.trim());
    if (isIP(address) === 0) return peer.address;
    if (!trusted.has(address)) return address;
  }
  return peer.address;
}

/**
 * Scheme of the address that the visitor used: what a trusted proxy says of it (F2), else the connection's. A WebSocket's is that of
 * its handshake.
 */
export function clientScheme(peer: Peer, received: readonly ReceivedField[] | undefined): 'http' | 'https' {
  const own = peer.isTls ? 'https' : 'http';
  if (received === undefined) return own;
  const { proto } = validate(received);
  if (proto === undefined) return own;
  return proto === 'https' || proto === 'wss' ? 'https' : 'http';
}

/** Whether a field (lower case) is one that `forwardingFields` writes. */
export function isForwardingLine(name: string): boolean {
  return name.startsWith('x-forwarded-') || name === 'x-real-ip' || name === 'forwarded';
}

/** Values of a forwarding field as a trusted peer sent it, one per line; nothing from anybody else (F1). */
export function receivedValues(received: readonly ReceivedField[] | undefined, lowerName: string): readonly string[] {
  return received === undefined ? [] : valuesOf(received, lowerName);
}

interface KeptValues {
  readonly chain?: string;
  readonly client?: string;
  readonly proto?: string;
  readonly host?: string;
  readonly port?: string;
  readonly prefix?: string;
  readonly forwarded?: string;
}

const NOTHING: KeptValues = {};
const MAX_WALK = 20;

function validate(received: readonly ReceivedField[]): KeptValues {
  const kept: { -readonly [K in keyof KeptValues]: string } = {};
  const chain = valuesOf(received, 'x-forwarded-for').join(', ');
  if (/^[0-9A-Fa-f.:,\t ]+$/.test(chain)) kept.chain = chain;
  const client = valuesOf(received, 'x-real-ip').at(-1);
  if (client !== undefined && isIP(client) !== 0) kept.client = client;
  const proto = valuesOf(received, 'x-forwarded-proto').at(-1)?.split(',')[0]?.trim().toLowerCase();
  if (proto === 'http' || proto === 'https' || proto === 'ws' || proto === 'wss') kept.proto = proto;
  const host = valuesOf(received, 'x-forwarded-host').at(-1);
  if (host !== undefined && parseAuthority(host) !== undefined) kept.host = host;
  const port = valuesOf(received, 'x-forwarded-port').at(-1);
  if (port !== undefined && /^\d{1,5}$/.test(port)) kept.port = port;
  const prefix = valuesOf(received, 'x-forwarded-prefix').at(-1);
  if (prefix !== undefined && /^\/[^/]/.test(prefix)) kept.prefix = prefix;
  const forwarded = valuesOf(received, 'forwarded');
  if (forwarded.length > 0) kept.forwarded = forwarded.join(', ');
  return kept;
}

function valuesOf(received: readonly ReceivedField[], name: string): string[] {
  return received.filter(([key]) => key === name).map(([, value]) => value);
}
