import { JSX } from 'preact'
import { Chart } from '../chart'
import { ago, bytes, count, DROPS, duration, millis, rate } from '../format'
import { concerns, live } from '../metrics'
import { useStore } from '../store'
import { Card, Page, Table } from '../ui'

const ms = (value: number): string => (value === 0 ? '0' : millis(value / 1000))

function Tile({ value, label }: { value: string; label: string }): JSX.Element {
  return (
    <div class="tile">
      <b>{value}</b>
      <span>{label}</span>
    </div>
  )
}

export function Overview(): JSX.Element {
  const state = useStore(live)
  const { overview, now, drops } = state
  const attention = concerns(state)
  return (
    <Page title="Overview" actions={overview && <span class="dim">TernMQ {overview.version} · up {duration(overview.uptimeSeconds)}</span>}>
      <div aria-live="polite">
        {attention.length > 0 ? (
          <ul class="concerns">
            {attention.map((each) => (
              <li key={each.text}>
                <a class={each.level} href={'#' + each.to}>
                  {each.text}
                </a>
              </li>
            ))}
          </ul>
        ) : (
          overview && <p class="fine">Nothing needs attention.</p>
        )}
      </div>
      {overview && (
        <div class="tiles">
          <Tile value={count(overview.clients)} label="clients" />
          <Tile value={count(overview.connections)} label="connections" />
          <Tile value={count(overview.sessions)} label="sessions" />
          <Tile value={count(overview.subscriptions)} label="subscriptions" />
          <Tile value={rate((now.in0 ?? 0) + (now.in1 ?? 0) + (now.in2 ?? 0)) + '/s'} label="messages in" />
          <Tile value={rate((now.out0 ?? 0) + (now.out1 ?? 0) + (now.out2 ?? 0)) + '/s'} label="messages out" />
          <Tile value={count(overview.queuedMessages)} label={`queued, ${bytes(overview.queuedBytes)}`} />
          <Tile value={count(overview.retainedMessages)} label={`retained, ${bytes(overview.retainedBytes)}`} />
          <Tile value={count(overview.droppedMessages)} label="dropped since the start" />
          <Tile value={count(overview.refusedConnects)} label="connections refused" />
        </div>
      )}
      <div class="grid">
        <Chart title="Connections" format={rate} lines={[{ series: 'connections', label: 'connections' }, { series: 'clients', label: 'clients' }]} />
        <Chart
          title="Messages in, per second"
          format={rate}
          lines={[{ series: 'in0', label: 'QoS 0' }, { series: 'in1', label: 'QoS 1' }, { series: 'in2', label: 'QoS 2' }]}
        />
        <Chart
          title="Messages out, per second"
          format={rate}
          lines={[{ series: 'out0', label: 'QoS 0' }, { series: 'out1', label: 'QoS 1' }, { series: 'out2', label: 'QoS 2' }]}
        />
        <Chart title="Drops and refusals, per second" format={rate} lines={[{ series: 'drops', label: 'drops' }, { series: 'refused', label: 'refused connections' }]} />
        <Chart title="Messages that wait" format={rate} lines={[{ series: 'queued', label: 'queued' }]} />
        <Chart title="Commit to the store" format={ms} lines={[{ series: 'commitMean', label: 'mean' }, { series: 'commitMax', label: 'worst of minutes' }]} />
        <Chart title="Event loop delay" format={ms} lines={[{ series: 'loopMean', label: 'mean' }, { series: 'loopMax', label: 'worst of minutes' }]} />
        <Chart
          title="Memory"
          format={bytes}
          lines={[{ series: 'heap', label: 'heap' }, { series: 'nonHeap', label: 'Java, not heap' }, { series: 'direct', label: 'network buffers' }]}
        />
        <Chart title="Processor, of the whole machine" format={(value) => `${value.toFixed(value < 10 ? 1 : 0)} %`} lines={[{ series: 'cpu', label: 'broker' }]} />
      </div>
      <Card title="Drops by reason">
        <Table
          label="Drops by reason"
          rows={drops}
          empty="Nothing was dropped since the start."
          columns={[
            { title: 'Reason', cell: (row) => row.reason },
            { title: 'What it means', cell: (row) => DROPS[row.reason] ?? '' },
            { title: 'Per second', number: true, cell: (row) => row.perSecond.toFixed(1) },
            { title: 'Since the start', number: true, cell: (row) => count(row.total) }
          ]}
        />
      </Card>
      {overview && (
        <p class="dim">
          Java {overview.javaVersion} · SPI {overview.spiVersion} · started {ago(overview.startedAt)}. The charts have what this tab has seen: half an
          hour at most.
        </p>
      )}
    </Page>
  )
}
