import { Task, type TaskContext, type TaskOptionsInput, Workflow, z } from '@millrace/workflow'

function fibo(n: number): number {
  return n < 2 ? n : fibo(n - 1) + fibo(n - 2)
}

class Fibo10 extends Task {
  run() {
    // When it began, by the clock that the caller's is read from too.
    return { startedAt: performance.timeOrigin + performance.now(), value: fibo(10) }
  }
}

class Fibo33 extends Task {
  run() {
    return { value: fibo(33) }
  }
}

class List extends Task<{ readonly items: number }> {
  run({ params }: TaskContext<{ readonly items: number }>) {
    return Array.from({ length: params.items }, (_, index) => index)
  }
}

class Nothing extends Task {
  run() {}
}

function chainOf(name: string, task: typeof Fibo10, length: number, options: TaskOptionsInput = {}) {
  const workflow = new Workflow({ category: 'bench', name, version: '1' })
  for (let index = 0; index < length; index++) {
    workflow.addNode(task, { ...options, id: `n${index}`, ...(index === 0 ? {} : { upstreams: `n${index - 1}` }) })
  }
  return workflow
}

export const warm = chainOf('warm', Fibo10, 40)
export const isolated = chainOf('isolated', Fibo10, 40, { isolation: 'process' })
export const heavy = (() => {
  const workflow = new Workflow({ category: 'bench', name: 'heavy', version: '1' })
  for (let index = 0; index < 10; index++) workflow.addNode(Fibo33, { id: `n${index}` })
  return workflow
})()
export const fan = new Workflow({
  category: 'bench',
  name: 'fan',
  version: '1',
  params: z.object({ items: z.number().int().default(10_000) }),
})
  .addNode(List)
  .addNode(Nothing, { mapOver: List })
