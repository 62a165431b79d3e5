import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type AcceptGates, createAcceptGates } from '../../../src/transport/accept-gates.js'

function newGates(onPaused = () => {}) {
  const limits = { descriptors: 0 }
  const gates = createAcceptGates({ limits, onPaused })
  // what tells again must not outlive the test
  onTestFinished(() => gates.setOpen(true))
  return { gates, limits }
}

type Door = { readonly server: Server; readonly taken: Socket[] }

async function openDoor(gates: AcceptGates): Promise<Door> {
  const taken: Socket[] = []
  const server = createServer((socket) => {
    taken.push(socket)
    socket.resume().on('error', () => {})
  })
  gates.add(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of taken) socket.destroy()
    server.close()
  })
  return { server, taken }
}

/** @returns once the kernel has the connection, whoever takes it */
async function come({ server }: Door): Promise<void> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
}

test('clients wait in the backlog while the gates are closed, and are taken when they open', async () => {
  const { gates, limits } = newGates()
  const door = await openDoor(gates)
  await come(door)
  await vi.waitFor(() => expect(door.taken).toHaveLength(1))
  for (let round = 1; round <= 3; round++) {
    gates.setOpen(false)
    gates.setOpen(false)
    for (let i = 0; i < 5; i++) await come(door)
    await pause(20)
    expect(door.taken).toHaveLength(1 + 5 * (round - 1))
    expect(limits.descriptors).toBe(round)
    gates.setOpen(true)
    gates.setOpen(true)
    await vi.waitFor(() => expect(door.taken).toHaveLength(1 + 5 * round))
  }
})

test('closed by each client that is taken, they let in one at a time, of each listener in turn', async () => {
  const { gates } = newGates()
  const doors = [await openDoor(gates), await openDoor(gates)] as const
  const order: number[] = []
  for (const [place, { server }] of doors.entries()) {
    server.on('connection', () => {
      order.push(place)
      gates.setOpen(false)
    })
  }
  gates.setOpen(false)
  for (const door of doors) for (let i = 0; i < 3; i++) await come(door)
  for (let count = 1; count <= 6; count++) {
    gates.setOpen(true)
    await vi.waitFor(() => expect(order).toHaveLength(count))
    await pause(10)
    expect(order).toHaveLength(count)
  }
  expect(order.slice(0, 4).filter((place) => place === 0)).toHaveLength(2)
})

test('a listener that comes while the gates are closed leaves its clients in the backlog, too', async () => {
  const { gates } = newGates()
  gates.setOpen(false)
  const door = await openDoor(gates)
  await come(door)
  await pause(20)
  expect(door.taken).toHaveLength(0)
  gates.setOpen(true)
  await vi.waitFor(() => expect(door.taken).toHaveLength(1))
})

test('one that has closed is not touched again, closed while it waited or before', async () => {
  const { gates } = newGates()
  const [gone, waiting, staying] = [await openDoor(gates), await openDoor(gates), await openDoor(gates)]
  gone.server.close()
  await once(gone.server, 'close')
  gates.setOpen(false)
  waiting.server.close()
  await once(waiting.server, 'close')
  await come(staying)
  gates.setOpen(true)
  await vi.waitFor(() => expect(staying.taken).toHaveLength(1))
})

test('where a Node knows nothing of it, clients are taken as ever', async () => {
  const { server: other } = await openDoor(newGates().gates)
  const handle = (other as unknown as { _handle: { open(fd: number): number } })._handle
  const open = vi.spyOn(Object.getPrototypeOf(handle), 'open').mockReturnValue(-95)
  onTestFinished(() => open.mockRestore())
  const { gates } = newGates()
  const door = await openDoor(gates)
  expect(open).toHaveBeenCalledTimes(1)
  gates.setOpen(false)
  expect(gates.isOpen).toBe(false)
  await come(door)
  await vi.waitFor(() => expect(door.taken).toHaveLength(1))
})

test('that clients wait is told again while it lasts, and counted once', async () => {
  const onPaused = vi.fn()
  const { gates, limits } = newGates(onPaused)
  gates.setOpen(false)
  expect(onPaused).toHaveBeenCalledTimes(1)
  await vi.waitFor(() => expect(onPaused.mock.calls.length).toBeGreaterThanOrEqual(3), 5_000)
  gates.setOpen(true)
  const told = onPaused.mock.calls.length
  await pause(250)
  expect(onPaused).toHaveBeenCalledTimes(told)
  expect(limits.descriptors).toBe(1)
})
