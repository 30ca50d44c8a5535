import { JSX } from 'preact'
import { Ban, get, Guard, List, send } from '../api'
import { bytes, count, duration } from '../format'
import { live, sumOf } from '../metrics'
import { useStore } from '../store'
import { Action, Alien, Card, Facts, Page, Table, Trouble, useAsk } from '../ui'

export function Security(): JSX.Element {
  const bans = useAsk(() => get<List<Ban>>('/bans'), [], 3000)
  const guard = useAsk(() => get<Guard>('/guard'), [], 3000)
  const { sample, now } = useStore(live)
  const total = (name: string, part = ''): string => count(sumOf(sample, name, part))
  return (
    <Page title="Security">
      <Trouble text={bans.problem || guard.problem} />
      <Card title="Since the start">
        <Facts
          of={[
            ['Clients let in', total('ternmq_connects_accepted_total')],
            ['Connections refused', `${total('ternmq_connects_refused_total')} · ${(now.refused ?? 0).toFixed(1)}/s`],
            ['Logins accepted', total('ternmq_authentications_total', '"accepted"')],
            ['Logins denied', total('ternmq_authentications_total', '"denied"')],
            ['Logins that a plugin failed', total('ternmq_authentications_total', '"failed"')],
            ['TLS handshakes failed', total('ternmq_tls_handshakes_total', '"failed"')],
            ['Publishing denied', total('ternmq_messages_dropped_total', '"publish-denied"')],
            ['Deliveries denied', total('ternmq_messages_dropped_total', '"receive-denied"')]
          ]}
        />
      </Card>
      {guard.data && (
        <Card title="The guard against floods">
          <Facts
            of={[
              ['Held by connections not let in yet', bytes(guard.data.unauthenticatedBytes)],
              ['Addresses whose connections are counted', count(guard.data.countedAddresses)],
              ['Bans in force', count(guard.data.bans)]
            ]}
          />
        </Card>
      )}
      <Card title="Bans">
        <Table
          label="Bans"
          rows={bans.data?.items}
          empty="Nobody is banned."
          columns={[
            { title: 'Who', cell: (row) => <Alien text={row.value} /> },
            { title: 'Kind', cell: (row) => (row.kind === 'ADDRESS' ? 'address' : 'user') },
            { title: 'Still for', number: true, cell: (row) => duration(row.secondsLeft) },
            { title: 'Times', number: true, cell: (row) => count(row.times) },
            {
              title: 'Action',
              cell: (row) => (
                <Action
                  needs="operator"
                  label={`Lift the ban of ${row.value}`}
                  run={async () => {
                    await send('DELETE', '/bans', row.kind === 'ADDRESS' ? { address: row.value } : { user: row.value })
                    bans.again()
                    return `${row.value} is no longer banned.`
                  }}
                >
                  Lift
                </Action>
              )
            }
          ]}
        />
      </Card>
      <p class="dim">
        Why one client was refused is on <a href="#/explain">Explain</a>. Who did what, and who was refused, line by line, is in the audit log.
      </p>
    </Page>
  )
}
