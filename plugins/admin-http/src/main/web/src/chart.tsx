import { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { columns, live, Series } from './metrics'
import { theme } from './theme'
import { useStore } from './store'

export interface Line {
  series: Series
  label: string
}

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

function options(width: number, lines: Line[], format: (value: number) => string): uPlot.Options {
  const text = color('--dim')
  const grid = { stroke: color('--line'), width: 1 }
  const font = '11px system-ui, sans-serif'
  return {
    width,
    height: 150,
    cursor: { y: false, points: { size: 6 }, sync: { key: 'overview' } },
    legend: { show: true, live: true, markers: { fill: (_, i) => color(`--chart-${i}`) } },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { stroke: text, grid, ticks: grid, font, values: '{HH}:{mm}:{ss}' as never, space: 70 },
      { stroke: text, grid, ticks: grid, font, size: 62, space: 28, values: (_, ticks) => ticks.map(format) }
    ],
    series: [
      { label: 'at', value: '{HH}:{mm}:{ss}' },
      ...lines.map((line, index) => ({
        label: line.label,
        stroke: color(`--chart-${index + 1}`),
        width: 1.5,
        points: { show: false },
        value: (_: uPlot, value: number | null) => (value === null ? '–' : format(value))
      }))
    ]
  }
}

/** Lines of what is kept in the page; drawn again with each sample, and when the colours change. */
export function Chart(props: { title: string; lines: Line[]; format: (value: number) => string }): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>()
  const dark = useStore(theme)
  const { now } = useStore(live)
  useEffect(() => {
    const element = box.current
    if (!element) {
      return
    }
    plot.current = new uPlot(
      options(element.clientWidth, props.lines, props.format),
      columns(props.lines.map((line) => line.series)) as uPlot.AlignedData,
      element
    )
    const watcher = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: 150 }))
    watcher.observe(element)
    return () => {
      watcher.disconnect()
      plot.current?.destroy()
    }
  }, [dark])
  useEffect(() => {
    const data = columns(props.lines.map((line) => line.series)) as uPlot.AlignedData
    plot.current?.setData(data)
    if (plot.current && plot.current.cursor.idx == null && data[0].length > 0) {
      plot.current.setLegend({ idx: data[0].length - 1 })
    }
  }, [now, dark])
  const words = props.lines.map((line) => `${line.label} ${props.format(now[line.series] ?? 0)}`).join(', ')
  return (
    <figure class="card chart">
      <figcaption>{props.title}</figcaption>
      <div ref={box} role="img" aria-label={`${props.title}: ${words}`} />
    </figure>
  )
}
