import { ComponentChildren, JSX } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { get, List, may, Problem, Query, Role } from './api'
import { visible } from './format'
import { Store, useStore } from './store'

/** Text that strangers chose: text and nothing else, kept to its own direction of writing. */
export function Alien({ text }: { text: string }): JSX.Element {
  return <bdi class="alien">{text === '' ? <span class="dim">(empty)</span> : visible(text)}</bdi>
}

export function Page(props: { title: string; actions?: ComponentChildren; children: ComponentChildren }): JSX.Element {
  return (
    <section class="page">
      <header class="page-head">
        <h1 tabIndex={-1}>{props.title}</h1>
        <div class="actions">{props.actions}</div>
      </header>
      {props.children}
    </section>
  )
}

export function Card(props: { title?: ComponentChildren; children: ComponentChildren; class?: string }): JSX.Element {
  return (
    <div class={`card ${props.class ?? ''}`}>
      {props.title !== undefined && <h2>{props.title}</h2>}
      {props.children}
    </div>
  )
}

export function Badge({ kind, children }: { kind: 'good' | 'bad' | 'warn' | 'plain'; children: ComponentChildren }): JSX.Element {
  return <span class={`badge ${kind}`}>{children}</span>
}

export function Facts({ of }: { of: [string, ComponentChildren][] }): JSX.Element {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

export interface Column<T> {
  title: string
  cell: (row: T) => ComponentChildren
  number?: boolean
}

export function Table<T>(props: { label: string; columns: Column<T>[]; rows: T[] | undefined; empty: string }): JSX.Element {
  if (props.rows === undefined) {
    return <p class="dim">Loading …</p>
  }
  if (props.rows.length === 0) {
    return <p class="dim empty">{props.empty}</p>
  }
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={props.label}>
      <table>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column.title} scope="col" class={column.number ? 'number' : ''}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, index) => (
            <tr key={index}>
              {props.columns.map((column) => (
                <td key={column.title} class={column.number ? 'number' : ''}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

let fieldIds = 0

export function Field(props: {
  label: string
  value: string
  set: (value: string) => void
  type?: string
  options?: [string, string][]
  rows?: number
  placeholder?: string
  name?: string
}): JSX.Element {
  const [id] = useState(() => `field-${++fieldIds}`)
  const change = (event: Event): void => props.set((event.currentTarget as HTMLInputElement).value)
  const common = { id, value: props.value, onInput: change, name: props.name }
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.options ? (
        <select {...common}>
          {props.options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      ) : props.rows ? (
        <textarea {...common} rows={props.rows} spellcheck={false} />
      ) : (
        <input
          {...common}
          type={props.type ?? 'text'}
          placeholder={props.placeholder}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
        />
      )}
    </div>
  )
}

export function Check(props: { label: string; value: boolean; set: (value: boolean) => void }): JSX.Element {
  return (
    <label class="check">
      <input type="checkbox" checked={props.value} onChange={(e) => props.set(e.currentTarget.checked)} /> {props.label}
    </label>
  )
}

export function Form(props: { submit: () => void; children: ComponentChildren; label: string }): JSX.Element {
  return (
    <form
      class="bar"
      aria-label={props.label}
      onSubmit={(event) => {
        event.preventDefault()
        props.submit()
      }}
    >
      {props.children}
    </form>
  )
}

// ---- what was done, and what went wrong

interface Note {
  id: number
  text: string
  bad: boolean
}
const notes = new Store<Note[]>([])
let noteIds = 0

export function note(text: string, bad = false): void {
  const id = ++noteIds
  notes.set([...notes.value.slice(-3), { id, text: visible(text), bad }])
  window.setTimeout(() => notes.set(notes.value.filter((each) => each.id !== id)), bad ? 12_000 : 5_000)
}

export function Notes(): JSX.Element {
  return (
    <div class="notes" role="status" aria-live="polite">
      {useStore(notes).map((each) => (
        <div key={each.id} class={each.bad ? 'note bad' : 'note'}>
          <span>{each.text}</span>
          <button class="plain" aria-label="Close" onClick={() => notes.set(notes.value.filter((n) => n.id !== each.id))}>
            ×
          </button>
        </div>
      ))}
    </div>
  )
}

// ---- actions

interface Question {
  title: string
  text: string
  verb: string
  answer: (yes: boolean) => void
}
const question = new Store<Question | undefined>(undefined)

export function Asker(): JSX.Element {
  const asked = useStore(question)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (asked && !dialog.current?.open) {
      dialog.current?.showModal()
    }
  }, [asked])
  const close = (yes: boolean): void => {
    dialog.current?.close()
    question.set(undefined)
    asked?.answer(yes)
  }
  return (
    <dialog ref={dialog} aria-labelledby="asked" onCancel={(e) => (e.preventDefault(), close(false))}>
      {asked && (
        <>
          <h2 id="asked">{asked.title}</h2>
          <p class="alien">{visible(asked.text)}</p>
          <div class="actions">
            <button onClick={() => close(false)}>Cancel</button>
            <button class="danger" onClick={() => close(true)}>
              {asked.verb}
            </button>
          </div>
        </>
      )}
    </dialog>
  )
}

/** A button for what a role may; asks before, if there is something to ask, and says what came of it. */
export function Action(props: {
  needs: Role
  run: () => Promise<string | void>
  ask?: { title: string; text: string }
  children: string
  danger?: boolean
  label?: string
  submit?: boolean
}): JSX.Element {
  const [busy, setBusy] = useState(false)
  const allowed = may(props.needs)
  const start = async (): Promise<void> => {
    const ask = props.ask
    if (ask && !(await new Promise<boolean>((answer) => question.set({ ...ask, verb: props.children, answer })))) {
      return
    }
    setBusy(true)
    try {
      const said = await props.run()
      if (said) {
        note(said)
      }
    } catch (problem) {
      note((problem as Error).message, true)
    } finally {
      setBusy(false)
    }
  }
  return (
    <button
      type={props.submit ? 'submit' : 'button'}
      class={props.danger ? 'danger' : ''}
      disabled={!allowed || busy}
      title={allowed ? undefined : `needs the role ${props.needs}`}
      aria-label={props.label}
      onClick={() => void start()}
    >
      {props.children}
    </button>
  )
}

// ---- asking

export interface Asked<T> {
  data?: T
  problem: string
  again: () => void
}

/** Asks when the page is opened, when what is asked for changes, and every so often. */
export function useAsk<T>(ask: () => Promise<T>, of: unknown[], everyMillis = 0): Asked<T> {
  const [state, setState] = useState<{ data?: T; problem: string }>({ problem: '' })
  const turn = useRef(0)
  const run = useCallback(async () => {
    const mine = ++turn.current
    try {
      const data = await ask()
      if (mine === turn.current) {
        setState({ data, problem: '' })
      }
    } catch (problem) {
      if (mine === turn.current) {
        setState((old) => ({
          data: problem instanceof Problem && problem.status === 404 ? undefined : old.data,
          problem: (problem as Error).message
        }))
      }
    }
  }, of)
  useEffect(() => {
    setState({ problem: '' })
    void run()
    const timer = everyMillis > 0 ? window.setInterval(() => void run(), everyMillis) : 0
    return () => {
      turn.current++
      clearInterval(timer)
    }
  }, [run, everyMillis])
  return { ...state, again: () => void run() }
}

export function Trouble({ text }: { text: string }): JSX.Element | null {
  return text ? (
    <p class="trouble" role="alert">
      {visible(text)}
    </p>
  ) : null
}

/** A list that comes in pages: what is there, and a button for more. */
export function Paged<T>(props: { path: string; query: Query; columns: Column<T>[]; empty: string; label: string; refresh?: number }): JSX.Element {
  const [after, setAfter] = useState<string[]>([])
  const key = JSON.stringify([props.path, props.query])
  useEffect(() => setAfter([]), [key])
  const current = after[after.length - 1]
  const { data, problem } = useAsk(
    () => get<List<T>>(props.path, { limit: 50, ...props.query, after: current }),
    [key, current, props.refresh],
    5000
  )
  return (
    <>
      <Trouble text={problem} />
      <Table
        label={props.label}
        columns={props.columns}
        rows={problem ? (data?.items ?? []) : data?.items}
        empty={data?.next ? 'None among these; there are more.' : props.empty}
      />
      {(after.length > 0 || data?.next) && (
        <nav class="pager" aria-label="Pages">
          <button disabled={after.length === 0} onClick={() => setAfter(after.slice(0, -1))}>
            ‹ Back
          </button>
          <span class="dim">Page {after.length + 1}</span>
          <button disabled={!data?.next} onClick={() => data?.next && setAfter([...after, data.next])}>
            Next ›
          </button>
        </nav>
      )}
    </>
  )
}

export function link(path: string, ...parts: string[]): string {
  return '#' + [path, ...parts.map(encodeURIComponent)].join('/')
}
