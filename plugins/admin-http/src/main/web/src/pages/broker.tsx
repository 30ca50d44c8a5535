import { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Bridge, get, List, Listener, LogLevel, Plugin, Reload, send, Setting, Storage } from '../api'
import { bytes, count } from '../format'
import { Action, Alien, Badge, Card, Facts, Field, Form, note, Page, Table, Trouble, useAsk } from '../ui'

export function Listeners(): JSX.Element {
  const { data, problem } = useAsk(() => get<List<Listener>>('/listeners'), [], 3000)
  return (
    <Page title="Listeners">
      <Trouble text={problem} />
      <Table
        label="Listeners"
        rows={data?.items}
        empty="No listener is open."
        columns={[
          { title: 'Name', cell: (row) => <a href="#/clients">{row.name}</a> },
          { title: 'Address', cell: (row) => <span class="alien">{row.address}</span> },
          { title: 'TLS', cell: (row) => (row.tls ? <Badge kind="good">TLS</Badge> : <Badge kind="plain">plain</Badge>) },
          { title: 'WebSocket', cell: (row) => (row.websocket ? 'yes' : '') },
          { title: 'Connections', number: true, cell: (row) => count(row.connections) }
        ]}
      />
    </Page>
  )
}

export function Bridges(): JSX.Element {
  const { data, problem } = useAsk(() => get<List<Bridge>>('/bridges'), [], 2000)
  return (
    <Page title="Bridges">
      <Trouble text={problem} />
      <Table
        label="Bridges"
        rows={data?.items}
        empty="The configuration has no bridges."
        columns={[
          { title: 'Name', cell: (row) => row.name },
          { title: 'Other side', cell: (row) => (row.connected ? <Badge kind="good">connected</Badge> : <Badge kind="bad">not connected</Badge>) },
          { title: 'Detail', cell: (row) => <Alien text={row.detail} /> },
          { title: 'Waiting', number: true, cell: (row) => `${count(row.queuedMessages)} (${bytes(row.queuedBytes)})` },
          { title: 'In flight', number: true, cell: (row) => count(row.inFlight) },
          { title: 'Sent', number: true, cell: (row) => count(row.sent) },
          { title: 'Received', number: true, cell: (row) => count(row.received) },
          { title: 'Dropped', number: true, cell: (row) => (row.dropped > 0 ? <Badge kind="warn">{count(row.dropped)}</Badge> : '0') },
          { title: 'Made anew', number: true, cell: (row) => count(row.failures) }
        ]}
      />
    </Page>
  )
}

export function Plugins(): JSX.Element {
  const { data, problem, again } = useAsk(() => get<List<Plugin>>('/plugins'), [], 10_000)
  const instances = data?.items.flatMap((plugin) => plugin.instances.map((instance) => ({ plugin, instance })))
  return (
    <Page
      title="Plugins"
      actions={
        <Action
          needs="admin"
          run={async () => {
            await send('POST', '/reload')
            return 'Files of authentication, authorization and TLS were read again.'
          }}
        >
          Read files again
        </Action>
      }
    >
      <Trouble text={problem} />
      <Card title="Instances that the configuration has made">
        <Table
          label="Instances"
          rows={instances}
          empty="None."
          columns={[
            { title: 'Name', cell: ({ instance }) => instance.name },
            { title: 'Kind', cell: ({ instance }) => instance.kind },
            { title: 'Type', cell: ({ instance }) => instance.type },
            { title: 'Plugin', cell: ({ plugin }) => `${plugin.id} ${plugin.version}` },
            { title: 'Failed tasks', number: true, cell: ({ instance }) => (instance.failedTasks > 0 ? <Badge kind="bad">{count(instance.failedTasks)}</Badge> : '0') },
            {
              title: 'Action',
              cell: ({ instance }) => (
                <Action
                  needs="admin"
                  label={`Replace ${instance.name}`}
                  ask={{ title: 'Replace this instance?', text: `${instance.name}: a new one is made of its block in the configuration as it is now. Clients stay connected; if it cannot be made, the old one stays.` }}
                  run={async () => {
                    const done = await send<Reload>('POST', `/plugins/${encodeURIComponent(instance.name)}/reload`)
                    again()
                    done.needRestart.forEach((key) => note(`${key} has changed too and waits for a restart.`))
                    return `${instance.name}: ${done.words.join('; ')}`
                  }}
                >
                  Replace
                </Action>
              )
            }
          ]}
        />
      </Card>
      <Card title="Installed">
        <Table
          label="Installed plugins"
          rows={data?.items}
          empty="None."
          columns={[
            { title: 'Plugin', cell: (row) => row.id },
            { title: 'Version', cell: (row) => row.version },
            { title: 'State', cell: (row) => (row.problems.length > 0 ? <Badge kind="bad">{row.problems.join('; ')}</Badge> : row.instances.length > 0 ? <Badge kind="good">in use</Badge> : <Badge kind="plain">ready</Badge>) },
            { title: 'Offers', cell: (row) => row.offers.join(', ') },
            { title: 'File', cell: (row) => <span class="alien">{row.jar.slice(row.jar.lastIndexOf('/') + 1)}</span> }
          ]}
        />
      </Card>
    </Page>
  )
}

const SOURCES: Record<Setting['source'], string> = { DEFAULT: 'default', FILE: 'file', ENVIRONMENT: 'environment', COMMAND_LINE: 'command line' }

export function Configuration(): JSX.Element {
  const [text, setText] = useState('')
  const [source, setSource] = useState('')
  const { data, problem } = useAsk(() => get<List<Setting>>('/config'), [])
  const rows = data?.items.filter(
    (row) => (source === '' || (source === 'SET' ? row.source !== 'DEFAULT' : row.source === source)) && `${row.path} ${row.value}`.toLowerCase().includes(text.toLowerCase())
  )
  return (
    <Page title="Configuration in force">
      <Form label="Search" submit={() => undefined}>
        <Field label="Key or value" value={text} set={setText} />
        <Field label="From" value={source} set={setSource} options={[['', 'anywhere'], ['SET', 'all but defaults'], ...Object.entries(SOURCES)]} />
      </Form>
      <Trouble text={problem} />
      <Table
        label="Settings"
        rows={rows}
        empty="Nothing fits."
        columns={[
          { title: 'Key', cell: (row) => <span class="alien">{row.path}</span> },
          { title: 'Value', cell: (row) => <Alien text={row.value} /> },
          { title: 'From', cell: (row) => <Badge kind={row.source === 'DEFAULT' ? 'plain' : 'good'}>{SOURCES[row.source]}</Badge> },
          { title: 'Place', cell: (row) => <span class="dim">{row.origin}</span> }
        ]}
      />
    </Page>
  )
}

export function StoragePage(): JSX.Element {
  const [folder, setFolder] = useState('')
  const { data, problem } = useAsk(() => get<Storage>('/storage'), [], 3000)
  const low = data && data.freeBytes < 1024 ** 3
  return (
    <Page title="Storage">
      <Trouble text={problem} />
      {data && (
        <Card>
          <Facts
            of={[
              ['Type', data.type],
              ['Durability', data.durability],
              ['On the disk', bytes(data.bytes)],
              ['Free on the disk', low ? <Badge kind="warn">{bytes(data.freeBytes)}</Badge> : bytes(data.freeBytes)],
              ['Not written yet', `${count(data.pendingEntries)} entries`]
            ]}
          />
        </Card>
      )}
      <Card title="Copy while the broker runs">
        <Form label="Copy" submit={() => undefined}>
          <Field label="New folder on the broker's machine" value={folder} set={setFolder} placeholder="/var/backups/ternmq/2026-01-31" />
          <Action
            needs="admin"
            submit
            run={async () => {
              const done = await send<{ folder: string; millis: number }>('POST', '/storage/backup', {}, { folder })
              return `The copy is in ${done.folder}; it took ${done.millis} ms.`
            }}
          >
            Copy
          </Action>
        </Form>
        <p class="dim above">An absolute path that is not there yet, outside of the data folder. A broker can be started on the copy.</p>
      </Card>
      {data && (
        <Card title="What the storage tells of itself">
          <Table
            label="Figures"
            rows={Object.entries(data.statistics)}
            empty="It has no figures."
            columns={[
              { title: 'Figure', cell: ([name]) => name },
              { title: 'Value', number: true, cell: ([name, value]) => (name.endsWith('bytes') ? bytes(value) : count(value)) }
            ]}
          />
        </Card>
      )}
    </Page>
  )
}

const LEVELS = ['ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE', 'OFF']

export function LogLevels(): JSX.Element {
  const [logger, setLogger] = useState('')
  const [level, setLevel] = useState('DEBUG')
  const { data, problem, again } = useAsk(() => get<List<LogLevel>>('/log-levels'), [])
  const set = async (to: LogLevel): Promise<string> => {
    await send('PUT', '/log-levels', {}, to)
    again()
    return `${to.logger} is at ${to.level} until the broker ends.`
  }
  return (
    <Page title="Log levels">
      <Trouble text={problem} />
      <Table
        label="Log levels"
        rows={data?.items}
        empty="None is set."
        columns={[
          { title: 'Logger', cell: (row) => <span class="alien">{row.logger}</span> },
          { title: 'Level', cell: (row) => <Badge kind={row.level === 'DEBUG' || row.level === 'TRACE' ? 'warn' : 'plain'}>{row.level}</Badge> },
          { title: 'Action', cell: (row) => <button onClick={() => (setLogger(row.logger), setLevel(row.level))}>Change</button> }
        ]}
      />
      <Card title="Set a level until the broker ends">
        <Form label="Set a level" submit={() => undefined}>
          <Field label="Logger" value={logger} set={setLogger} placeholder="ternmq.connection" />
          <Field label="Level" value={level} set={setLevel} options={LEVELS.map((each) => [each, each])} />
          <Action needs="admin" submit run={() => set({ logger, level })}>
            Set
          </Action>
        </Form>
      </Card>
    </Page>
  )
}
