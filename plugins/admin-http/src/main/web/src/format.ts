const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function bytes(value: number): string {
  let size = value
  let unit = 0
  while (Math.abs(size) >= 1024 && unit < UNITS.length - 1) {
    size /= 1024
    unit++
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`
}

export function count(value: number): string {
  return value.toLocaleString('en')
}

export function rate(value: number): string {
  if (value >= 10_000) {
    return `${(value / 1000).toFixed(1)}k`
  }
  return value >= 100 || Number.isInteger(value) ? Math.round(value).toString() : value.toFixed(1)
}

export function duration(seconds: number): string {
  if (seconds < 60) {
    return `${Math.max(0, Math.floor(seconds))} s`
  }
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) {
    return `${minutes} min`
  }
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

export function millis(seconds: number): string {
  const ms = seconds * 1000
  return ms >= 100 ? `${Math.round(ms)} ms` : ms >= 1 ? `${ms.toFixed(1)} ms` : `${Math.round(ms * 1000)} µs`
}

export function clock(iso: string): string {
  return new Date(iso).toLocaleString('sv')
}

export function ago(iso: string): string {
  return duration((Date.now() - Date.parse(iso)) / 1000) + ' ago'
}

export function version(protocol: number): string {
  return protocol === 5 ? '5.0' : protocol === 4 ? '3.1.1' : '3.1'
}

export function expiry(seconds: number): string {
  return seconds >= 4294967295 ? 'never' : seconds === 0 ? 'with the connection' : `after ${duration(seconds)}`
}

/** Shows what cannot be seen, or would change how the rest is seen: controls, and marks that turn the direction of writing. */
export function visible(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')
  )
}

/** The reason codes of MQTT 5.0 in words. */
const REASONS: Record<number, string> = {
  0x00: 'normal disconnection',
  0x04: 'disconnected, and asked for its will',
  0x80: 'unspecified error',
  0x81: 'malformed packet',
  0x82: 'protocol error',
  0x83: 'implementation specific error',
  0x84: 'protocol version not spoken',
  0x85: 'client identifier not valid',
  0x86: 'bad user name or password',
  0x87: 'not authorized',
  0x88: 'server unavailable',
  0x89: 'server busy',
  0x8a: 'banned',
  0x8b: 'server shutting down',
  0x8c: 'bad authentication method',
  0x8d: 'keep alive timeout',
  0x8e: 'session taken over by another connection',
  0x8f: 'topic filter invalid',
  0x90: 'topic name invalid',
  0x93: 'receive maximum exceeded',
  0x94: 'topic alias invalid',
  0x95: 'packet too large',
  0x96: 'message rate too high',
  0x97: 'quota exceeded',
  0x98: 'ended by an operator',
  0x99: 'payload format invalid',
  0x9a: 'retain not supported',
  0x9b: 'QoS not supported',
  0x9c: 'use another server',
  0x9d: 'server moved',
  0x9e: 'shared subscriptions not supported',
  0x9f: 'connection rate exceeded',
  0xa0: 'maximum connect time',
  0xa1: 'subscription identifiers not supported',
  0xa2: 'wildcard subscriptions not supported'
}

export function reason(code: number): string {
  return `0x${code.toString(16).toUpperCase().padStart(2, '0')} ${REASONS[code] ?? 'unknown'}`
}

/** The reasons for drops in words; docs/metrics.md has them. */
export const DROPS: Record<string, string> = {
  expired: 'its expiry interval passed before it could be delivered',
  'queue-full': 'the queue of the session was full',
  'total-full': 'the queues of all sessions together were full',
  'slow-subscriber': 'QoS 0 to a client that does not read',
  'too-large': 'larger than the client accepts',
  'publish-denied': 'the publisher may not publish to the topic',
  'receive-denied': 'the subscriber may not receive from the topic',
  intercepted: 'an interceptor dropped it',
  'retained-full': 'no room for more retained messages',
  'session-ended': 'the session ended while it waited',
  'no-member': 'no member of the shared subscription could take it',
  'disk-low': 'too little space on the disk',
  unreadable: 'its record could not be read',
  bridge: 'a bridge gave it up'
}
