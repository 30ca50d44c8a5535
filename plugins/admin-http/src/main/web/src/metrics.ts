import { get, getText, Overview, Problem } from './api'
import { Store } from './store'

const EVERY_MILLIS = 2000
const KEPT = 900

type Sample = Map<string, number>

/** One value of each family by one label. */
export function parse(text: string): Sample {
  const found: Sample = new Map()
  for (const line of text.split('\n')) {
    const end = line.lastIndexOf(' ')
    if (end > 0 && !line.startsWith('#')) {
      found.set(line.slice(0, end), Number(line.slice(end + 1)))
    }
  }
  return found
}

function families(sample: Sample, name: string): [string, number][] {
  return [...sample].filter(([key]) => key === name || key.startsWith(name + '{'))
}

function sum(sample: Sample, name: string, part = ''): number {
  return families(sample, name).reduce((all, [key, value]) => (key.includes(part) ? all + value : all), 0)
}

function most(sample: Sample, name: string): number {
  return Math.max(0, ...families(sample, name).map(([, value]) => value))
}

function label(key: string, name: string): string {
  return new RegExp(`[{,]${name}="([^"]*)"`).exec(key)?.[1] ?? ''
}

/** The columns of the charts; the first is the time in seconds. */
export const SERIES = [
  'at', 'connections', 'clients', 'in0', 'in1', 'in2', 'out0', 'out1', 'out2', 'commitMean', 'commitMax', 'drops', 'refused',
  'heap', 'nonHeap', 'direct', 'loopMean', 'loopMax', 'queued', 'cpu'
] as const
export type Series = (typeof SERIES)[number]

export interface Live {
  overview?: Overview
  /** Values of the last sample. */
  now: Partial<Record<Series, number>>
  /** Dropped per second by reason, in the last interval, and since the start. */
  drops: { reason: string; total: number; perSecond: number }[]
  sample: Sample
  problem: string
}

export const live = new Store<Live>({ now: {}, drops: [], sample: new Map(), problem: '' })
const history: Record<Series, number[]> = Object.fromEntries(SERIES.map((name) => [name, []])) as never

export function columns(names: Series[]): number[][] {
  return [history.at, ...names.map((name) => history[name])]
}

let before: { at: number; sample: Sample } | undefined

function take(at: number, sample: Sample): Partial<Record<Series, number>> {
  const seconds = before ? at - before.at : 0
  const old = before?.sample ?? sample
  const perSecond = (name: string, part = ''): number =>
    seconds > 0 ? Math.max(0, sum(sample, name, part) - sum(old, name, part)) / seconds : 0
  const mean = (name: string): number => {
    const events = sum(sample, name + '_count') - sum(old, name + '_count')
    return events > 0 ? Math.max(0, sum(sample, name + '_sum') - sum(old, name + '_sum')) / events : 0
  }
  return {
    at,
    connections: sum(sample, 'ternmq_connections'),
    clients: sum(sample, 'ternmq_clients'),
    in0: perSecond('ternmq_messages_received_total', 'qos="0"'),
    in1: perSecond('ternmq_messages_received_total', 'qos="1"'),
    in2: perSecond('ternmq_messages_received_total', 'qos="2"'),
    out0: perSecond('ternmq_messages_sent_total', 'qos="0"'),
    out1: perSecond('ternmq_messages_sent_total', 'qos="1"'),
    out2: perSecond('ternmq_messages_sent_total', 'qos="2"'),
    commitMean: mean('ternmq_journal_commit_seconds') * 1000,
    commitMax: most(sample, 'ternmq_journal_commit_seconds_max') * 1000,
    drops: perSecond('ternmq_messages_dropped_total'),
    refused: perSecond('ternmq_connects_refused_total'),
    heap: sum(sample, 'jvm_memory_used_bytes', 'area="heap"'),
    nonHeap: sum(sample, 'jvm_memory_used_bytes', 'area="nonheap"'),
    direct: sum(sample, 'netty_allocator_memory_used', 'type="direct"') + sum(sample, 'jvm_buffer_memory_used_bytes', 'id="direct"'),
    loopMean: mean('ternmq_event_loop_delay_seconds') * 1000,
    loopMax: most(sample, 'ternmq_event_loop_delay_seconds_max') * 1000,
    queued: sum(sample, 'ternmq_queued_messages'),
    cpu: sum(sample, 'process_cpu_usage') * 100
  }
}

function byReason(sample: Sample, seconds: number): Live['drops'] {
  return families(sample, 'ternmq_messages_dropped_total')
    .map(([key, total]) => ({
      reason: label(key, 'reason'),
      total,
      perSecond: seconds > 0 && before ? Math.max(0, total - (before.sample.get(key) ?? 0)) / seconds : 0
    }))
    .filter((each) => each.total > 0)
    .sort((a, b) => b.total - a.total)
}

async function poll(): Promise<void> {
  try {
    const [text, overview] = await Promise.all([getText('/metrics'), get<Overview>('/overview')])
    const at = Date.now() / 1000
    const sample = parse(text)
    const now = take(at, sample)
    const drops = byReason(sample, before ? at - before.at : 0)
    if (before) {
      SERIES.forEach((name) => {
        history[name].push(now[name] ?? 0)
        if (history[name].length > KEPT) {
          history[name].shift()
        }
      })
    }
    before = { at, sample }
    live.set({ overview, now, drops, sample, problem: '' })
  } catch (problem) {
    if (!(problem instanceof Problem && problem.status === 401)) {
      live.set({ ...live.value, problem: (problem as Error).message })
    }
  }
}

/** Asks every two seconds; what is returned ends that. */
export function startPolling(): () => void {
  let over = false
  let timer = 0
  const round = async (): Promise<void> => {
    await poll()
    if (!over) {
      timer = window.setTimeout(round, EVERY_MILLIS)
    }
  }
  void round()
  return () => {
    over = true
    clearTimeout(timer)
    before = undefined
  }
}

export { sum as sumOf }

/** What somebody who was woken has to look at, the worst first. */
export interface Concern {
  level: 'bad' | 'warn'
  text: string
  to: string
}

export function concerns({ sample, now, overview, drops, problem }: Live): Concern[] {
  const found: Concern[] = []
  const add = (level: Concern['level'], text: string, to: string): void => void found.push({ level, text, to })
  if (problem) {
    add('bad', problem, '/overview')
  }
  if (overview && !overview.ready) {
    add('bad', 'The broker is not ready: it takes no clients.', '/listeners')
  }
  if (sum(sample, 'ternmq_disk_low') > 0) {
    add('bad', 'Disk space is low: messages of QoS 1 and 2 are refused.', '/storage')
  }
  families(sample, 'ternmq_bridge_connected')
    .filter(([, value]) => value === 0)
    .forEach(([key]) => add('bad', `Bridge ${label(key, 'bridge')} has no connection to its other side.`, '/bridges'))
  families(sample, 'ternmq_plugin_failures_total')
    .filter(([, value]) => value > 0)
    .forEach(([key, value]) => add('warn', `Plugin instance ${label(key, 'instance')} failed ${value} times since the start.`, '/plugins'))
  if ((now.loopMax ?? 0) > 250) {
    add('warn', `An event loop was ${Math.round(now.loopMax ?? 0)} ms late in the last minutes.`, '/overview')
  }
  drops
    .filter((each) => each.perSecond > 0)
    .forEach((each) => add('warn', `${each.perSecond.toFixed(1)} messages a second are dropped: ${each.reason}.`, '/explain'))
  if ((now.refused ?? 0) > 0) {
    add('warn', `${(now.refused ?? 0).toFixed(1)} connections a second are refused.`, '/security')
  }
  if (sum(sample, 'ternmq_bans') > 0) {
    add('warn', `${sum(sample, 'ternmq_bans')} addresses or users are banned.`, '/security')
  }
  if (sum(sample, 'ternmq_store_unreadable_records_total') > 0) {
    add('warn', 'Records of the store could not be read; see quarantine.jsonl.', '/storage')
  }
  return found
}
