import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { onTestFinished } from 'vitest'
import type { ServerAddress } from '../../src/upstream/dns/server-address.js'

export type Datagram = { readonly message: Buffer; readonly from: RemoteInfo; readonly socket: Socket }

/** A UDP socket on loopback that hands every datagram to the test, closed when the test ends. */
export async function startUdpPeer(onDatagram: (datagram: Datagram) => void): Promise<ServerAddress> {
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => onDatagram({ message, from, socket }))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  return { address: '127.0.0.1', port: socket.address().port }
}
