import type { MqttClient } from 'mqtt'
import { visible } from './format'
import { Store } from './store'

export interface Arrived {
  at: number
  topic: string
  payload: Uint8Array
  qos: number
  retain: boolean
}

export interface Connection {
  state: 'closed' | 'connecting' | 'open'
  problem: string
  url: string
}

export const connection = new Store<Connection>({ state: 'closed', problem: '', url: '' })
const receivers = new Map<string, Set<(message: Arrived) => void>>()
let client: MqttClient | undefined

export function receive(kind: string, receiver: (message: Arrived) => void): () => void {
  const all = receivers.get(kind) ?? new Set()
  receivers.set(kind, all.add(receiver))
  return () => all.delete(receiver)
}

/** Connects over WebSocket; the library is fetched only now. */
export async function connect(url: string, options: { clientId: string; username: string; password: string }): Promise<void> {
  disconnect()
  connection.set({ state: 'connecting', problem: '', url })
  try {
    const { default: mqtt } = await import('mqtt')
    const made = mqtt.connect(url, {
      clientId: options.clientId,
      username: options.username || undefined,
      password: options.username ? (options.password as never) : undefined,
      protocolVersion: 5,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: 10_000,
      // Workers would be made of text, which the page's policy forbids.
      timerVariant: 'native'
    })
    client = made
    const mine = (): boolean => client === made
    made.on('connect', () => mine() && connection.set({ state: 'open', problem: '', url }))
    made.on('error', (error) => mine() && connection.set({ ...connection.value, problem: visible(error.message) }))
    made.on('disconnect', (packet) => mine() && connection.set({ ...connection.value, problem: `The broker ended the connection (reason code ${packet.reasonCode}).` }))
    made.on('close', () => mine() && connection.set({ ...connection.value, state: 'closed', problem: connection.value.problem || hint(url) }))
    made.on('message', (topic, payload, packet) => {
      const message = { at: Date.now(), topic, payload: new Uint8Array(payload), qos: packet.qos, retain: packet.retain }
      receivers.forEach((all) => all.forEach((receiver) => receiver(message)))
    })
  } catch (error) {
    connection.set({ state: 'closed', problem: (error as Error).message, url })
  }
}

function hint(url: string): string {
  return `No connection to ${url}. Its listener lets browsers in whose page comes from one of its allowed-origins: is ${location.origin} among them?`
}

export function disconnect(): void {
  const old = client
  client = undefined
  old?.end(true)
  connection.set({ state: 'closed', problem: '', url: connection.value.url })
}

function open(): MqttClient {
  if (!client || connection.value.state !== 'open') {
    throw new Error('Connect first.')
  }
  return client
}

export async function subscribe(filter: string, qos: 0 | 1 | 2): Promise<void> {
  await open().subscribeAsync(filter, { qos })
}

export async function unsubscribe(filter: string): Promise<void> {
  if (client && connection.value.state === 'open') {
    await client.unsubscribeAsync(filter)
  }
}

export async function publish(topic: string, payload: string, qos: 0 | 1 | 2, retain: boolean): Promise<void> {
  await open().publishAsync(topic, payload, { qos, retain })
}

/** As text if it is, else its first bytes. */
export function shown(payload: Uint8Array, most = 300): string {
  const start = payload.slice(0, most)
  const more = payload.length > most ? ' …' : ''
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: payload.length > most })
    return visible(text) + more
  } catch {
    return [...start.slice(0, 64)].map((b) => b.toString(16).padStart(2, '0')).join(' ') + (payload.length > 64 ? ' …' : '')
  }
}
