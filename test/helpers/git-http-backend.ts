import { spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'

/** Serves the repositories below `root` over git's smart HTTP: `git http-backend` as a CGI program. */
export function createGitServer(root: string): Server {
  return createServer((request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?')
    const backend = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH ?? '',
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        REMOTE_USER: 'tester',
        REQUEST_METHOD: request.method ?? '',
        PATH_INFO: path,
        QUERY_STRING: query,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
    })
    request.pipe(backend.stdin)
    backend.stdin.on('error', () => {})
    const parts: Buffer[] = []
    backend.stdout.on('data', (chunk: Buffer) => parts.push(chunk))
    backend.on('close', () => {
      const output = Buffer.concat(parts)
      const headEnd = output.indexOf('\r\n\r\n')
      for (const line of output.toString('latin1', 0, headEnd).split('\r\n')) {
        const [name = '', value = ''] = line.split(/: */, 2)
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10)
        else response.setHeader(name, value)
      }
      response.end(output.subarray(headEnd + 4))
    })
  })
}
