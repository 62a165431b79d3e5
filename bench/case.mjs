// The process of one case: node --expose-gc bench/case.mjs NAME PARAMETERS. The only line on standard output is its result.
const [name, parameters = '{}'] = process.argv.slice(2)
const { run } = await import(`./cases/${name}.mjs`)
process.stdout.write(`${JSON.stringify(await run(JSON.parse(parameters)))}\n`)
