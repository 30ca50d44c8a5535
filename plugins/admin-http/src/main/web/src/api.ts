import { Store } from './store'

const TOKEN = 'ternmq-token'

export type Role = 'viewer' | 'operator' | 'admin'
export interface Who {
  name: string
  role: Role
}

/** What the broker said instead of an answer. */
export class Problem extends Error {
  constructor(readonly status: number, detail: string) {
    super(detail)
  }
}

/** Who has logged in; undefined before. */
export const who = new Store<Who | undefined>(undefined)
/** Why the login is shown again. */
export const loginNotice = new Store('')

export function may(role: Role): boolean {
  const order: Role[] = ['viewer', 'operator', 'admin']
  return who.value !== undefined && order.indexOf(who.value.role) >= order.indexOf(role)
}

export function logout(notice = ''): void {
  sessionStorage.removeItem(TOKEN)
  loginNotice.set(notice)
  who.set(undefined)
}

/** Keeps the token for this tab if the broker knows it. */
export async function login(token: string): Promise<void> {
  const found = (await answer('GET', '/api/v1/whoami', undefined, token).then((r) => r.json())) as Who
  sessionStorage.setItem(TOKEN, token)
  loginNotice.set('')
  who.set(found)
}

/** Takes up the login of before a reload of the page. */
export async function resume(): Promise<void> {
  const token = sessionStorage.getItem(TOKEN)
  if (token) {
    await login(token).catch((problem: Error) => logout(problem.message))
  }
}

async function answer(method: string, path: string, body: unknown, token: string): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token}` }
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json'
  }
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit'
    })
  } catch {
    throw new Problem(0, 'The broker does not answer.')
  }
  if (!response.ok) {
    const detail = await response.json().then((json) => String(json.detail), () => response.statusText)
    throw new Problem(response.status, detail)
  }
  return response
}

async function ask(method: string, path: string, body?: unknown): Promise<Response> {
  const token = sessionStorage.getItem(TOKEN) ?? ''
  try {
    return await answer(method, path, body, token)
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 401) {
      logout('The broker does not know this token any more.')
    }
    throw problem
  }
}

export type Query = Record<string, string | number | undefined>

function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')
  return text === '' ? path : `${path}?${text}`
}

/** A part of a path. Browsers resolve dots in paths, escaped or not, so that a name of dots alone cannot be asked for. */
export function part(name: string): string {
  if (name === '.' || name === '..') {
    throw new Problem(0, `A browser cannot ask for the name ${name}; use the ternmq command.`)
  }
  return encodeURIComponent(name)
}

export async function get<T>(path: string, query: Query = {}): Promise<T> {
  return (await ask('GET', '/api/v1' + withQuery(path, query))).json() as Promise<T>
}

export async function getText(path: string): Promise<string> {
  return (await ask('GET', path)).text()
}

export async function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, query: Query = {}, body?: unknown): Promise<T> {
  const response = await ask(method, '/api/v1' + withQuery(path, query), body)
  return (response.status === 204 ? undefined : response.json()) as Promise<T>
}

// ---- what comes back; openapi.yaml has the words

export interface List<T> {
  items: T[]
  next?: string
  more?: boolean
}
export interface Overview {
  version: string
  spiVersion: string
  javaVersion: string
  startedAt: string
  uptimeSeconds: number
  ready: boolean
  connections: number
  clients: number
  sessions: number
  subscriptions: number
  retainedMessages: number
  retainedBytes: number
  queuedMessages: number
  queuedBytes: number
  droppedMessages: number
  refusedConnects: number
  receivedPerSecond: number
  sentPerSecond: number
  droppedPerSecond: number
}
export interface LastEnd {
  at: string
  reasonCode: number
  detail: string
}
export interface Connection {
  address: string
  listener: string
  protocolVersion: number
  keepAlive: number
  connectedSince: string
  receivedMessages: number
  sentMessages: number
  receivedBytes: number
  sentBytes: number
}
export interface Session {
  clientId: string
  connected: boolean
  username?: string
  connection?: Connection
  persistent: boolean
  expiryInterval: number
  disconnectedSince?: string
  subscriptions: number
  queuedMessages: number
  queuedBytes: number
  inFlight: number
  drops: Record<string, number>
  lastEnd?: LastEnd
}
export interface Subscription {
  clientId: string
  filter: string
  qos: number
  noLocal: boolean
  retainAsPublished: boolean
  identifier: number
}
export interface RouteView {
  clientId: string
  filters: string[]
  qos: number
  shared: boolean
  outcome: 'DELIVERED' | 'QUEUED' | 'NOT_CONNECTED' | 'QUEUE_FULL' | 'DENIED'
}
export interface Retained {
  topic: string
  qos: number
  bytes: number
  expiresAt?: string
}
export interface Level {
  name: string
  topic: string
  message?: Retained
  hasChildren: boolean
}
export interface Message {
  topic: string
  qos: number
  payload?: string
  payloadBase64: string
  expiryInterval?: number
  contentType?: string
  userProperties?: { name: string; value: string }[]
}
export interface Listener {
  name: string
  address: string
  tls: boolean
  websocket: boolean
  connections: number
}
export interface Plugin {
  id: string
  version: string
  requires: string
  jar: string
  offers: string[]
  problems: string[]
  instances: { name: string; kind: string; type: string; failedTasks: number }[]
}
export interface Bridge {
  name: string
  connected: boolean
  detail: string
  sent: number
  received: number
  dropped: number
  failures: number
  queuedMessages: number
  queuedBytes: number
  inFlight: number
}
export interface Setting {
  path: string
  value: string
  source: 'DEFAULT' | 'FILE' | 'ENVIRONMENT' | 'COMMAND_LINE'
  origin: string
}
export interface Storage {
  type: string
  durability: string
  bytes: number
  freeBytes: number
  pendingEntries: number
  statistics: Record<string, number>
}
export interface Ban {
  kind: 'ADDRESS' | 'USER'
  value: string
  secondsLeft: number
  times: number
}
export interface Guard {
  unauthenticatedBytes: number
  countedAddresses: number
  bans: number
}
export interface LogLevel {
  logger: string
  level: string
}
export interface Reload {
  name: string
  words: string[]
  needRestart: string[]
}
